public import EngineAPI
import Synchronization

/// A container engine that exists in memory only and behaves as Docker does, as far as a supervisor can see: the same
/// refusals with the same words, the same events in the same order, the same life of containers.
///
/// Nothing in it takes time and nothing is left to chance: the clock is logical (a millisecond per call, a second per
/// ``tick(_:)``), identifiers are the same in each run, and the test says what images are there
/// (``addImage(_:_:_:)``), how their containers behave, and which calls fail (``setFaults(_:)``).
///
/// Every call is atomic and may be made from any task.
public final class InMemoryEngine: ContainerEngine {
    /// How many calls are kept in ``calls``; a test that makes more looks at none of the first.
    private static let keptCalls = 100_000

    private struct Core: Sendable {
        var state = EngineState()
        var faults = FaultSchedule.none
        var calls = BoundedLog<EngineCall>(limit: keptCalls)
        var isCrashed = false
        /// Calls that have not taken effect yet.
        var late: [LateCall] = []
        /// Counts the times that open streams were cut.
        var cuts = 0
        /// Counts changes, so that a waiter does not miss the one that happens before it waits.
        var revision: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var issuedWaiters: UInt64 = 0
    }

    private struct LateCall: Sendable {
        var call: EngineCall
        var remainingReads: Int
        var action: @Sendable (inout EngineState) -> Void
    }

    private let core = Mutex(Core())
    let apiVersion: APIVersion

    /// Makes an engine with the networks that every engine has, and nothing else. `apiVersion` is what it says of
    /// itself; it does not take features away.
    public init(apiVersion: APIVersion = APIVersion(1, 47)) { self.apiVersion = apiVersion }

    // MARK: Calls

    /// Makes a call: records it, lets the fault schedule have its way, and changes the state.
    func perform<Value: Sendable>(
        _ kind: EngineCall.Kind,
        _ describe: (EngineState) -> String,
        _ action: @escaping @Sendable (inout EngineState) throws -> Value
    ) throws -> Value {
        try Task.checkCancellation()
        var onCancellation: (@Sendable () -> Void)?
        defer { onCancellation?() }
        return try change { core in
            if core.isCrashed { throw SimulatedCrash() }
            let call = EngineCall(kind, describe(core.state))
            core.calls.append(call)
            core.state.advance(milliseconds: 1)
            InMemoryEngine.takeLateEffect(&core, before: call)
            let fault = core.faults.fault(for: call)
            switch fault {
            case nil:
                return try InMemoryEngine.naming(call) { try action(&core.state) }
            case .error:
                throw EngineError(
                    .serverFailure, call: call.description, message: "the engine failed as scheduled", status: 500)
            case .timeout:
                throw EngineError(.timedOut, call: call.description, message: "no answer in time, as scheduled")
            case .timeoutAfterEffect:
                _ = try? action(&core.state)
                throw EngineError(.timedOut, call: call.description, message: "no answer in time, as scheduled")
            case .droppedConnection:
                _ = try? action(&core.state)
                throw EngineError(
                    .disconnected, call: call.description, message: "the connection broke as scheduled")
            case .lateEffect:
                core.late.append(
                    LateCall(call: call, remainingReads: FaultSchedule.lateReads) { state in
                        _ = try? action(&state)
                    })
                throw EngineError(
                    .disconnected, call: call.description, message: "the connection broke as scheduled")
            case .cancellation:
                onCancellation = core.faults.onCancellation
                throw CancellationError()
            case .crash:
                _ = try? action(&core.state)
                core.isCrashed = true
                throw SimulatedCrash()
            }
        }
    }

    private static func takeLateEffect(_ core: inout Core, before call: EngineCall) {
        for index in core.late.indices where call.kind == .reading { core.late[index].remainingReads -= 1 }
        let due = core.late.filter { $0.remainingReads < 0 || $0.call == call }
        core.late.removeAll { $0.remainingReads < 0 || $0.call == call }
        for late in due { late.action(&core.state) }
    }

    /// Changes the state for the test or the engine itself: no call, no fault.
    func control<Value: Sendable, Failure>(
        _ action: (inout EngineState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try change { core throws(Failure) in try action(&core.state) }
    }

    private func change<Value: Sendable, Failure>(
        _ action: (inout Core) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let (result, waiters) = core.withLock { core in
            let result = Result { () throws(Failure) in try action(&core) }
            core.revision += 1
            let waiters = core.waiters.sorted { $0.key < $1.key }.map(\.value)
            core.waiters = [:]
            return (result, waiters)
        }
        // Outside the lock: a continuation may be resumed inline, and then takes it.
        for waiter in waiters { waiter.resume() }
        return try result.get()
    }

    private static func naming<Value>(_ call: EngineCall, _ action: () throws -> Value) throws -> Value {
        do {
            return try action()
        } catch let refusal as Refusal {
            throw EngineError(
                refusal.code, call: call.description, message: refusal.message, status: refusal.status)
        }
    }

    // MARK: Waiting

    /// A number that changes when ``cutStreams()`` is called; see ``poll(since:_:)``.
    var cuts: Int { core.withLock { $0.cuts } }

    /// Tries `attempt` now and after each change, until it is done. Throws when the client crashes, when streams
    /// are cut after `cuts` was read, and when the task is cancelled.
    func poll<Value: Sendable>(
        since cuts: Int, _ attempt: (EngineState) throws -> Attempt<Value>
    ) async throws -> Value {
        while true {
            try Task.checkCancellation()
            let (result, revision) = try core.withLock { core in
                if core.isCrashed { throw SimulatedCrash() }
                if core.cuts != cuts {
                    throw EngineError(.disconnected, call: "stream", message: "the engine closed the connection")
                }
                return (try attempt(core.state), core.revision)
            }
            if case .done(let value) = result { return value }
            try await waitForChange(after: revision)
        }
    }

    private func waitForChange(after revision: UInt64) async throws {
        let number = core.withLock { core in
            core.issuedWaiters += 1
            return core.issuedWaiters
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isPast = core.withLock { core in
                    if core.revision == revision { core.waiters[number] = continuation }
                    return core.revision != revision
                }
                if isPast {
                    continuation.resume()
                } else if Task.isCancelled {
                    // A cancellation from before the registration found nothing to cancel.
                    cancelWaiter(number)
                }
            }
        } onCancel: {
            cancelWaiter(number)
        }
    }

    private func cancelWaiter(_ number: UInt64) {
        let waiter = core.withLock { $0.waiters.removeValue(forKey: number) }
        waiter?.resume(throwing: CancellationError())
    }

    // MARK: Faults

    /// The calls so far, oldest first, those that failed included.
    public var calls: [EngineCall] { core.withLock { Array($0.calls.elements) } }

    /// Forgets the calls so far.
    public func forgetCalls() { core.withLock { $0.calls = BoundedLog(limit: InMemoryEngine.keptCalls) } }

    /// Puts a schedule in force; calls are counted from here.
    public func setFaults(_ faults: FaultSchedule) { core.withLock { $0.faults = faults } }

    /// Whether a ``FaultSchedule/Fault/crash`` struck and ``revive()`` was not called since.
    public var isCrashed: Bool { core.withLock { $0.isCrashed } }

    /// Ends the simulated crash, as a new process of the client would: calls work again, and no fault is scheduled.
    public func revive() {
        core.withLock { core in
            core.isCrashed = false
            core.faults = .none
        }
    }

    /// Cuts every open stream with `.disconnected`, as a restart of the engine does.
    public func cutStreams() { change { $0.cuts += 1 } }

    /// The engine's whole state, made comparable. No call is recorded and no fault strikes.
    public func snapshot(ignoringLabels prefixes: Set<String> = []) -> EngineSnapshot {
        core.withLock { core in
            let state = core.state
            let aliases = state.containers.mapValues { $0.endpoints.mapValues(\.attachment.aliases) }
            return EngineSnapshot(
                containers: state.list(ObjectFilter()), networks: state.networks.values.map(\.summary),
                volumes: state.volumes.values.map(\.summary), aliases: aliases, ignoringLabels: prefixes)
        }
    }
}
