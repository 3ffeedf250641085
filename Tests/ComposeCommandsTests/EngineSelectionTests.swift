import DockerEngine
import EngineAPI
import FoundationEssentials
import Testing

@testable import ComposeCommands

@Suite struct EngineSelectionTests {
    private func address(_ environment: [String: String]) throws -> String {
        try EngineSelection(environment: environment).address().description
    }

    @Test func theStandardSocketIsUsedWhereNothingIsSaid() throws {
        #expect(try address(["HOME": "/nonexistent"]) == "unix:///var/run/docker.sock")
    }

    @Test func theEnvironmentComesBeforeAContext() throws {
        #expect(try address(["DOCKER_HOST": "tcp://127.0.0.1:2375", "DOCKER_CONTEXT": "x"]) == "tcp://127.0.0.1:2375")
    }

    @Test func tlsIsRefusedRatherThanLeftOut() {
        let error = #expect(throws: EngineError.self) {
            try address(["DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1"])
        }
        #expect(error?.code == .unsupported)
    }

    @Test func aContextIsFoundByItsName() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gantry-context-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder + "/contexts/meta/0a1b", withIntermediateDirectories: true)
        let meta = #"{"Name":"lab","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///run/lab.sock"}}}"#
        try Data(meta.utf8).write(to: URL(filePath: folder + "/contexts/meta/0a1b/meta.json"))
        try Data(#"{"currentContext":"lab"}"#.utf8).write(to: URL(filePath: folder + "/config.json"))
        #expect(try address(["DOCKER_CONFIG": folder]) == "unix:///run/lab.sock")
        let error = #expect(throws: EngineError.self) {
            try address(["DOCKER_CONFIG": folder, "DOCKER_CONTEXT": "other"])
        }
        #expect(error?.message.contains("\"other\"") == true)
    }
}
