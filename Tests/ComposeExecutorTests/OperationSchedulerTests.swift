import ComposeModel
import ComposePlanner
import EngineAPI
import Synchronization
import Testing

@testable import ComposeExecutor

@Suite struct OperationSchedulerTests {
    /// An operation by its number; `waits` makes one that takes no place.
    private func operation(_ id: Int, after needs: [Int] = [], waits: Bool = false, optional: Bool = false) -> Operation
    {
        let container = ContainerHandle.existing("c", name: "c")
        return Operation(
            id: OperationID(id), action: waits ? .awaitContainer(container, .up) : .startContainer(container),
            cause: "", needs: needs.map { OperationID($0) }, isOptional: optional)
    }

    private struct Broken: Error {}

    @Test func eachRunsWhenItsNeedsAreMetAndLowNumbersFirst() async {
        let order = Mutex<[Int]>([])
        let operations = [
            operation(1, after: [4]), operation(2), operation(3, after: [2]), operation(4), operation(5, after: [99]),
        ]
        let failures = await OperationScheduler(parallel: 1, policy: .stopAtFailure).run(operations) { operation in
            order.withLock { $0.append(operation.id.rawValue) }
        }
        #expect(failures.isEmpty)
        #expect(order.withLock { $0 } == [2, 3, 4, 1, 5])
    }

    @Test(arguments: [1, 3]) func noMoreAreInFlightThanAllowed(parallel: Int) async {
        let counts = Mutex((now: 0, most: 0))
        let operations = (1...20).map { operation($0) }
        _ = await OperationScheduler(parallel: parallel, policy: .stopAtFailure).run(operations) { _ in
            counts.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            for _ in 0..<10 { await Task.yield() }
            counts.withLock { $0.now -= 1 }
        }
        #expect(counts.withLock { $0.most } == parallel)
    }

    /// Waits for something that only the last operation brings about.
    @Test func waitsTakeNoPlace() async {
        let gate = Gate()
        let operations = (1...5).map { operation($0, waits: true) } + [operation(6)]
        let failures = await OperationScheduler(parallel: 1, policy: .stopAtFailure).run(operations) { operation in
            if operation.action.isWait { try await gate.wait() } else { gate.open() }
        }
        #expect(failures.isEmpty)
    }

    @Test func aFailureEndsWaitsAndLetsNothingBegin() async {
        let begun = Mutex<Set<Int>>([])
        let gate = Gate()
        let operations = [
            operation(1, waits: true), operation(2), operation(3, after: [2]), operation(4, after: [1]),
        ]
        let failures = await OperationScheduler(parallel: 4, policy: .stopAtFailure).run(operations) { operation in
            begun.withLock { _ = $0.insert(operation.id.rawValue) }
            if operation.action.isWait { try await gate.wait() } else { throw Broken() }
        }
        #expect(begun.withLock { $0 } == [1, 2])
        #expect(failures.map(\.operation.id.rawValue) == [2, 1, 3, 4])
        #expect(failures.map { $0.error is CancellationError } == [false, true, true, true])
    }

    @Test func anOptionalFailureStopsNothing() async {
        let operations = [operation(1, waits: true, optional: true), operation(2, after: [1])]
        let failures = await OperationScheduler(parallel: 1, policy: .stopAtFailure).run(operations) { operation in
            if operation.isOptional { throw Broken() }
        }
        #expect(failures.map(\.operation.id.rawValue) == [1])
    }

    @Test func carryingOnTriesEverything() async {
        let begun = Mutex<[Int]>([])
        let operations = [operation(1), operation(2, after: [1]), operation(3)]
        let failures = await OperationScheduler(parallel: 1, policy: .carryOn).run(operations) { operation in
            begun.withLock { $0.append(operation.id.rawValue) }
            if operation.id.rawValue < 3 { throw Broken() }
        }
        #expect(begun.withLock { $0 } == [1, 2, 3])
        #expect(failures.map(\.operation.id.rawValue) == [1, 2])
    }

    @Test func nothingComesAfterAGuardThatFailed() async {
        let container = ContainerHandle.existing("c", name: "c")
        let guarding = Operation(id: OperationID(1), action: .runHook(container, .preStop, 0), cause: "")
        let operations = [
            guarding, operation(2, after: [1]), operation(3, after: [2, 4]), operation(4), operation(5, after: [4]),
        ]
        let begun = Mutex<Set<Int>>([])
        let failures = await OperationScheduler(parallel: 2, policy: .carryOn).run(operations) { operation in
            begun.withLock { _ = $0.insert(operation.id.rawValue) }
            if operation.id == guarding.id { throw Broken() }
        }
        #expect(begun.withLock { $0 } == [1, 4, 5])
        #expect(failures.map(\.operation.id.rawValue) == [1, 2, 3])
        #expect(
            failures.dropFirst().allSatisfy {
                String(describing: $0.error) == "was not done, because pre_stop hook 1 of c failed"
            })
    }

    /// Also while only an optional wait is under way, whose own failure would not count.
    @Test(arguments: [false, true], [OperationScheduler.Policy.stopAtFailure, .carryOn])
    func cancellingLeavesTheRestUndoneAndSaysSo(optional: Bool, policy: OperationScheduler.Policy) async {
        let gate = Gate()
        let began = Gate()
        let operations = [operation(1, waits: true, optional: optional), operation(2, after: [1])]
        let task = Task {
            await OperationScheduler(parallel: 1, policy: policy).run(operations) { operation in
                began.open()
                try await gate.wait()
            }
        }
        try? await began.wait()
        task.cancel()
        let failures = await task.value
        #expect(failures.map(\.operation.id.rawValue) == [1, 2])
        #expect(failures.allSatisfy { $0.error is CancellationError })
    }

    @Test func aCancelledTaskBeginsNothing() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await OperationScheduler(parallel: 1, policy: .stopAtFailure).run([operation(1)]) { _ in
                Issue.record("begun")
            }
        }
        #expect(await task.value.count == 1)
    }
}

/// Lets tasks wait until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let waiters = Mutex<[AsyncStream<Void>.Continuation]>([])

    func open() {
        isOpen.withLock { $0 = true }
        for waiter in waiters.withLock({ $0 }) { waiter.finish() }
    }

    /// Throws when the task is cancelled.
    func wait() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        waiters.withLock { $0.append(continuation) }
        if isOpen.withLock({ $0 }) { return }
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
