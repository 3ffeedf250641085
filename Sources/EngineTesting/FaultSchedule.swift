/// Which calls of an ``InMemoryEngine`` fail, and how.
///
/// A test runs its scenario once without faults, counts the calls, and then runs it again for each of them with a fault
/// there; so that no point of failure is left to chance.
public struct FaultSchedule: Sendable {
    /// What happens to a call.
    public enum Fault: Sendable, Equatable, CaseIterable {
        /// The engine refuses with `.serverFailure`; nothing was done.
        case error
        /// No answer came in time (`.timedOut`); nothing was done.
        case timeout
        /// No answer came in time (`.timedOut`), and yet the call took effect.
        case timeoutAfterEffect
        /// The call took effect and the connection broke before the answer (`.disconnected`).
        case droppedConnection
        /// The connection broke before the answer (`.disconnected`), and the call takes effect later: after
        /// ``lateReads`` more calls that only look, or when the same call is made again, which waits for the first.
        case lateEffect
        /// The caller's task is cancelled before the call has an effect.
        case cancellation
        /// The client dies like a process killed after the call took effect: this and every later call, and every open
        /// stream, throws ``SimulatedCrash`` until ``InMemoryEngine/revive()``.
        case crash
    }

    /// After how many calls that only look a ``Fault/lateEffect`` shows: more than it takes to look once at a container,
    /// its output, and all containers, networks and volumes.
    public static let lateReads = 8

    /// Which calls are counted.
    public struct Scope: Sendable {
        fileprivate let includes: @Sendable (EngineCall) -> Bool

        /// The calls for which `includes` holds.
        public static func calls(where includes: @escaping @Sendable (EngineCall) -> Bool) -> Scope {
            Scope(includes: includes)
        }
        /// The calls whose description is this, such as `start web-1`.
        public static func call(_ description: String) -> Scope { calls { $0.description == description } }
        /// The calls that change an object.
        public static let mutating = Scope { $0.kind == .mutating }
        /// Every call.
        public static let any = Scope { _ in true }
    }

    private struct Entry {
        var fault: Fault
        var number: Int
        var scope: Scope
        var counted = 0
    }

    private var entries: [Entry]
    let onCancellation: (@Sendable () -> Void)?

    /// No faults.
    public static let none = FaultSchedule(entries: [], onCancellation: nil)

    private init(entries: [Entry], onCancellation: (@Sendable () -> Void)?) {
        self.entries = entries
        self.onCancellation = onCancellation
    }

    /// One fault, at the `number`-th call of `scope`; the first call is number 1. `onCancellation` runs when a
    /// `.cancellation` fault strikes, so that a test can cancel the task it runs.
    public init(
        _ fault: Fault, at number: Int, of scope: Scope = .mutating, onCancellation: (@Sendable () -> Void)? = nil
    ) {
        self.init(entries: [Entry(fault: fault, number: number, scope: scope)], onCancellation: onCancellation)
    }

    /// This schedule with one more fault. Where two strike the same call, the earlier added one counts.
    public func adding(_ fault: Fault, at number: Int, of scope: Scope = .mutating) -> FaultSchedule {
        FaultSchedule(
            entries: entries + [Entry(fault: fault, number: number, scope: scope)], onCancellation: onCancellation)
    }

    /// Counts a call and returns the fault that strikes it.
    mutating func fault(for call: EngineCall) -> Fault? {
        var struck: Fault?
        for index in entries.indices where entries[index].scope.includes(call) {
            entries[index].counted += 1
            if entries[index].counted == entries[index].number { struck = struck ?? entries[index].fault }
        }
        return struck
    }
}

/// A call as an ``InMemoryEngine`` recorded it.
public struct EngineCall: Sendable, Equatable, CustomStringConvertible {
    /// What a call does to the engine's objects.
    public enum Kind: Sendable, Equatable {
        /// It looks.
        case reading
        /// It changes an object: creates, starts, connects, pulls, removes.
        case mutating
        /// It prepares or runs a further process in a container. Not counted as mutating, because a supervisor that
        /// probes for readiness makes as many of these as timing has it.
        case executing
    }

    /// What it does to the engine's objects.
    public let kind: Kind
    /// The verb and the object by name: `start web-1`.
    public let description: String

    /// Makes a call's record.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// What every call throws after a ``FaultSchedule/Fault/crash``: stands for the end of the client's process, so code
/// under test must not react to it.
public struct SimulatedCrash: Error, Sendable, Equatable, CustomStringConvertible {
    /// Makes the error.
    public init() {}
    /// A sentence for test output.
    public var description: String { "the client was killed by the test's fault schedule" }
}
