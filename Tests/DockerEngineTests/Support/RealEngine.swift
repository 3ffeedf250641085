import DockerEngine
import EngineAPI
import FoundationEssentials
import Testing

/// The engine that tests may use, named by the environment.
enum RealEngine {
    static let address: String? = {
        let environment = ProcessInfo.processInfo.environment
        return environment["GANTRY_TEST_ENGINE"] ?? environment["DOCKER_HOST"]
    }()

    static let absence: Comment = "neither GANTRY_TEST_ENGINE nor DOCKER_HOST names an engine"
    /// The image that the engine must have: a shell with the usual commands.
    static let image = "busybox:latest"

    /// Runs `body` with an engine and a label that everything made carries, and removes what carries it.
    static func with<Result: Sendable>(
        _ body: (DockerEngine, String) async throws -> Result
    ) async throws -> Result {
        let engine = DockerEngine(address: try EngineAddress(address ?? ""))
        let label = "gantry.test=\(UInt32.random(in: 0 ... .max))"
        let outcome: Swift.Result<Result, any Error>
        do { outcome = .success(try await body(engine, label)) } catch { outcome = .failure(error) }
        try await Task { try await removeEverything(labelled: label, on: engine) }.value
        await engine.shutdown()
        return try outcome.get()
    }

    /// The specification of a container that runs a shell script.
    static func shell(_ script: String, label: String) -> ContainerSpec {
        let parts = label.split(separator: "=").map(String.init)
        var spec = ContainerSpec(image: image)
        spec.command = ["sh", "-c", script]
        spec.labels = [parts[0]: parts[1]]
        spec.stopTimeout = .seconds(1)
        return spec
    }

    static func labels(_ label: String) -> [String: String] { shell("", label: label).labels }

    static func name() -> String { "gantry-test-\(UInt32.random(in: 0 ... .max))" }

    private static func removeEverything(labelled label: String, on engine: DockerEngine) async throws {
        let filter = ObjectFilter(labels: [label])
        for container in try await engine.containers(matching: filter) {
            try await engine.removeContainer(container.id, force: true, anonymousVolumes: true)
        }
        for network in try await engine.networks(matching: filter) { try await engine.removeNetwork(network.id) }
        for volume in try await engine.volumes(matching: filter) {
            try await engine.removeVolume(volume.name, force: true)
        }
        for image in try await engine.images(matching: filter) {
            try await engine.removeImage(image.id.rawValue, force: true)
        }
    }
}

extension EngineStream where Element == [OutputFrame] {
    /// Everything to the end of the stream, by output.
    func text() async throws -> [OutputStream: String] {
        var bytes: [OutputStream: [UInt8]] = [:]
        for try await frame in self { for part in frame { bytes[part.stream, default: []] += part.bytes } }
        return bytes.mapValues { String(decoding: $0, as: UTF8.self) }
    }
}

/// A tar archive of one file.
func archive(_ name: String, _ contents: String) -> [UInt8] {
    func octal(_ value: Int, _ width: Int) -> [UInt8] {
        let digits = String(value, radix: 8)
        return Array((String(repeating: "0", count: width - 1 - digits.count) + digits).utf8) + [0]
    }
    let data = Array(contents.utf8)
    var header = Array(name.utf8) + [UInt8](repeating: 0, count: 100 - name.utf8.count)
    header += octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(data.count, 12) + octal(0, 12)
    header += [UInt8](repeating: 32, count: 8) + Array("0".utf8) + [UInt8](repeating: 0, count: 100)
    header += Array("ustar\u{0}00".utf8) + [UInt8](repeating: 0, count: 247)
    header.replaceSubrange(148..<156, with: octal(header.reduce(0) { $0 + Int($1) }, 7) + [32])
    return header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512 + 1024)
}
