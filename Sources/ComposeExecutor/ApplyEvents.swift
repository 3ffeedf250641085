package import ComposePlanner
package import EngineAPI

/// Something that happened while a plan was applied.
package enum ApplyEvent: Sendable {
    case pulling(ImagePull)
    case pullProgress(ImagePull, PullProgress)
    case pulled(ImagePull)
    case began(Operation)
    case succeeded(Operation)
    case failed(Operation, reason: String)
    /// A container has not stopped yet; it has this long until it is killed.
    case graceBegan(Operation, remaining: Duration)
    /// A container had to be killed, because it did not stop.
    case killed(Operation, UnheededStop)
    /// Everything that was wanted is in force.
    case committed
    /// A replica was left as it was, because its update failed; a sentence.
    case withdrawn(String)
    /// The transaction is being taken back, for this reason.
    case rollingBack(reason: String)
    case undoing(Operation, Undo)
    case undone(Operation, Undo)
    case undoFailed(Operation, Undo, reason: String)
}

/// Who is told how an application of a plan goes.
package protocol ApplyObserver: Sendable {
    /// Takes an event; must return at once.
    func report(_ event: ApplyEvent)
    /// A container is about to start; the start waits for this to return, so that one can attach first.
    func willStart(_ container: ContainerID, name: String, service: String) async
    /// The same for the container of a `pre_start` hook.
    func willStartHook(_ container: ContainerID, name: String, service: String) async
    /// A hook in a container wrote these lines, each without its newline. It is not read further before this returns.
    func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async
    /// A container, which was stopped unless it is taken back, is about to be removed for good, and with it what the
    /// engine keeps of it. The removal waits for this to return.
    func willRemove(_ container: ContainerID) async
}

// Only who shows output wants to know of that of hooks, and who ships it of its end. One who passes things on is a
// ``PassingObserver``, so that it passes these on too.
extension ApplyObserver {
    package func willRemove(_ container: ContainerID) async {}
    package func willStartHook(_ container: ContainerID, name: String, service: String) async {}
    package func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {}
}

/// An observer that wants to know nothing.
package struct SilentObserver: ApplyObserver {
    package init() {}
    package func report(_ event: ApplyEvent) {}
    package func willStart(_ container: ContainerID, name: String, service: String) async {}
}

/// Why a plan was not applied, and what was done about it.
package struct ApplyFailure: Error, Sendable {
    /// The operation that failed first; nil when a pull failed or the user gave up.
    package let operation: Operation?
    /// A sentence.
    package let reason: String
    /// Facts about the container that is to blame, taken before it went.
    package let container: ContainerReport?
    /// Whether the user gave up, rather than something failing.
    package let isCancelled: Bool
    /// How many operations were taken back.
    package let undone: Int
    /// What could not be taken back; empty when the project is as it was.
    package let leftovers: [Leftover]
    /// Whether hooks had run, whose doings nobody can take back.
    package var hooksRan = false
    /// The last lines of the hook that failed, oldest first.
    package var hookOutput: [String] = []
    /// Why everything was left as it stood when it failed, a phrase; nil where it was taken back.
    package var keeping: String?
    /// Whether everything was left as it stood when it failed.
    package var isKept: Bool { keeping != nil }

    /// The user gave up before anything was done.
    static let interrupted = ApplyFailure(
        operation: nil, reason: "interrupted before everything was up", container: nil, isCancelled: true, undone: 0,
        leftovers: [])
}

/// Something that could not be brought back to how it was, or not brought forward.
package struct Leftover: Sendable, Equatable {
    /// What is left: `container web-1`.
    package let what: String
    /// A sentence.
    package let reason: String
    /// The last lines of the hook for which it is left, oldest first.
    package let output: [String]
    /// Whether nothing is amiss: others use it.
    package let isInUse: Bool

    package init(what: String, reason: String, output: [String] = [], isInUse: Bool = false) {
        self.what = what
        self.reason = reason
        self.output = output
        self.isInUse = isInUse
    }
}
