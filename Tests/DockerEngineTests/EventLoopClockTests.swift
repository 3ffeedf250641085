import Testing

@testable import DockerEngine

struct EventLoopClockTests {
    @Test func aSleeperWakes() async throws {
        try await DockerEngine().clock.sleep(for: .zero)
    }

    @Test func aSleeperThatIsCancelledEndsAtOnce() async throws {
        let clock = DockerEngine().clock
        let sleeper = Task { try await clock.sleep(for: .seconds(86_400)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
}
