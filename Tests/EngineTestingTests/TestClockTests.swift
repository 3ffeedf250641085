import EngineTesting
import Synchronization
import Testing

@Suite struct TestClockTests {
    @Test func standsStillUntilItIsMoved() async throws {
        let clock = TestClock()
        let woken = Mutex(false)
        async let sleeper: Void = {
            try await clock.sleep(for: .seconds(10))
            woken.withLock { $0 = true }
        }()
        try await clock.waitForSleepers(1)
        clock.advance(by: .seconds(9))
        #expect(clock.sleepers == 1 && !woken.withLock { $0 })
        clock.advance(by: .seconds(1))
        try await sleeper
        #expect(clock.now.offset == .seconds(10) && clock.sleepers == 0)
    }

    @Test func wakesTheDueAndLeavesTheOthers() async throws {
        let clock = TestClock()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            try await clock.waitForSleepers(3)
            var order: [Int] = []
            for _ in 0..<3 {
                clock.advance(by: .seconds(1))
                if let seconds = try await group.next() { order.append(seconds) }
            }
            #expect(order == [1, 2, 3])
        }
    }

    @Test func aDeadlineThatHasPassedDoesNotSleep() async throws {
        let clock = TestClock()
        let deadline = clock.now
        clock.advance(by: .seconds(1))
        try await clock.sleep(until: deadline)
        #expect(clock.sleepers == 0)
    }

    @Test func cancellationWakesASleeperAndAWaiter() async throws {
        let clock = TestClock()
        let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
        try await clock.waitForSleepers(1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleepers == 0)
        let waiter = Task { try await clock.waitForSleepers(5) }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(clock.sleepers == 0)
    }

    @Test func jumpsToTheEarliestDeadlineByItself() async throws {
        let clock = TestClock(advancingWhenSleeping: 1)
        for _ in 0..<1000 { try await clock.sleep(for: .seconds(60)) }
        #expect(clock.now.offset == .seconds(60_000))
    }

    @Test func jumpsOnlyWhenAsManySleepAsWereSaid() async throws {
        let clock = TestClock(advancingWhenSleeping: 2)
        async let long: Void = clock.sleep(for: .seconds(30))
        try await clock.waitForSleepers(1)
        #expect(clock.now.offset == .zero)
        try await clock.sleep(for: .seconds(1))
        #expect(clock.now.offset == .seconds(1) && clock.sleepers == 1)
        try await clock.sleep(for: .seconds(29))
        try await long
        #expect(clock.now.offset == .seconds(30) && clock.sleepers == 0)
    }

    @Test func isUsableAsAnyClock() async throws {
        let clock: any Clock<Duration> = TestClock(advancingWhenSleeping: 1)
        try await clock.sleep(for: .seconds(3600))
    }
}
