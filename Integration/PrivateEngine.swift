import FoundationEssentials
import Subprocess
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An engine of a scenario's own, which it may kill; its only image is busybox.
struct PrivateEngine: Sendable {
    /// Its `DOCKER_HOST`.
    let host: String
    private let folder: String

    /// Runs `body` with a new one, which is gone afterwards.
    static func with(_ body: (PrivateEngine) async throws -> Void) async throws {
        let temporary = TestBed.basicEnvironment["TMPDIR"] ?? "/tmp"
        // `with-engine` ends one of this name when its owner is gone.
        let folder = "\(temporary)/gantry-engine.\(String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try Data("\(getpid())\n".utf8).write(to: URL(filePath: folder + "/owner"))
        let engine = PrivateEngine(host: "unix://\(folder)/docker.sock", folder: folder)
        let end = { @Sendable in
            // In a task of its own, since a cancelled one could not end it.
            try await Task {
                try await script("engine", "stop", folder)
                try FileManager.default.removeItem(atPath: folder)
            }.value
        }
        do {
            try await engine.start()
            try await script("images", "--light", host: engine.host)
            try await body(engine)
        } catch {
            try await end()
            throw error
        }
        try await end()
    }

    /// Starts it, after a kill with the data that it had.
    func start() async throws { try await PrivateEngine.script("engine", "start", folder) }

    /// Ends it by SIGKILL; its containers end before it starts again.
    func kill() async throws { try await PrivateEngine.script("engine", "kill", folder) }

    private static func script(_ name: String, _ arguments: String..., host: String? = nil) async throws {
        let command = Command(
            program: URL(filePath: #filePath).deletingLastPathComponent().appending(path: name).path(),
            arguments: arguments,
            environment: TestBed.basicEnvironment.merging(host.map { ["DOCKER_HOST": $0] } ?? [:]) { $1 }, folder: "/")
        let outcome = try await command.run()
        try #require(outcome.code == 0, "\(outcome)")
    }
}
