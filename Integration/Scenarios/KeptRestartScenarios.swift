import Subprocess
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An engine goes and comes back under `up` and `supervise`.
@Suite(.onEngine) struct KeptRestartScenarios {
    private static let stack = """
        services:
          web:
            image: busybox
            init: true
            command: sh -c 'i=0; while :; do i=$$((i + 1)); echo $$i; sleep 0.2; done'
          always:
            image: busybox
            init: true
            restart: always
            command: sh -c 'echo begun; sleep infinity'
        """

    /// What the restart ended comes back, by its keeper or by the engine, and of the output no line is missing or doubled.
    @Test(
        .enabled(if: geteuid() == 0, "only root can run an engine of its own"), arguments: ["up", "supervise"])
    func everythingMustComeBackAndItsOutputGoOn(_ command: String) async throws {
        try await PrivateEngine.with { engine in
            try await Scenario.with(Self.stack, on: engine.host) { scenario in
                let kept = try await scenario.whileRunning(command) { running in
                    try await running.waitForOutput("always-1  | begun")
                    try await running.waitForOutput("web-1     | 10\n")
                    try await engine.kill()
                    try await engine.start()
                    try await running.waitForError("The engine answers again.")
                    try await running.transcript.wait(for: "another beginning of both") { transcript in
                        let lines = transcript.output.split(separator: "\n")
                        return ["always-1  | begun", "web-1     | 10"].allSatisfy { line in
                            lines.count { $0 == line } == 2
                        }
                    }
                    #expect(try await scenario.running() == ["web", "always"])
                    try running.signal(.interrupt)
                }
                kept.exits(130).says("The connection to the engine broke")
                let numbers = kept.lines.filter { $0.hasPrefix("web-1     | ") }.compactMap { Int($0.dropFirst(12)) }
                let second = try #require(numbers.lastIndex(of: 1), "\(kept)")
                #expect(numbers == Array(1...second) + Array(1...(numbers.count - second)), "\(kept)")
            }
        }
    }
}
