import DockerEngine
import EngineAPI
import Testing

struct EngineAddressTests {
    @Test(arguments: [
        ("", "unix:///var/run/docker.sock"),
        ("unix:///run/user/1000/podman.sock", "unix:///run/user/1000/podman.sock"),
        ("tcp://10.0.0.1:2376", "tcp://10.0.0.1:2376"),
        ("tcp://build.example", "tcp://build.example:2375"),
        ("http://localhost:8080/", "tcp://localhost:8080"),
        ("tcp://[::1]:99", "tcp://[::1]:99"),
        ("tcp://[fe80::1]", "tcp://[fe80::1]:2375"),
    ])
    func parsesWhatDockerHostSays(text: String, canonical: String) throws {
        #expect(try EngineAddress(text).description == canonical)
    }

    @Test(arguments: ["ssh://root@host", "https://host", "npipe:////./pipe/docker_engine", "fd://"])
    func saysWhatIsNotSupportedYet(text: String) {
        let error = #expect(throws: EngineError.self) { try EngineAddress(text) }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("not supported yet") == true)
    }

    @Test(arguments: [
        "/var/run/docker.sock", "unix://relative", "tcp://", "tcp://:2375", "tcp://host:0", "tcp://host:x",
        "tcp://host:1/path", "tcp://user@host:1", "ftp://host", "tcp://[::1]x",
    ])
    func refusesOtherTexts(text: String) {
        let error = #expect(throws: EngineError.self) { try EngineAddress(text) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.call == "DOCKER_HOST=\(text)")
    }
}
