import ComposeLogs
package import EngineAPI
import SinkAPI

/// A container's end, while an attached run watched it.
package struct ContainerExit: Sendable, Equatable {
    package let container: ContainerID
    package let service: String
    /// `web-1`.
    package let label: String
    /// nil where the container went while the engine could not be reached.
    package let code: Int?
}

/// What is known of the containers that an attached run watches, and what follows from what happens to them.
struct AttachAccount {
    enum Step {
        /// Connects to the container's output and then opens the gate; `isNew` where it never ran before.
        case attach(LogSource, isNew: Bool, Gate?)
        /// Reads the container's kept output from the point on.
        case follow(LogSource, ResumePoint)
        /// Says how the container ended.
        case announce(LogSource, code: Int?, restarts: Bool)
    }

    enum Phase {
        case starting, running, restarting
        /// The run that ended, as far as it is known.
        case exited(run: EngineTime?)
    }

    struct Watched {
        let source: LogSource
        let isShown: Bool
        let isMonitored: Bool
        /// Whether it ran before the run began.
        let ranBefore: Bool
        var phase: Phase
        var isStreaming: Bool
        /// It started again since the stream began, which ends with the old run.
        var isStale = false
        var resume: ResumePoint?
        /// Where reading goes on if the attachment that seemed to have ended was cut: an engine that goes ends it alike.
        var cut: ResumePoint?
        /// Whether events may have been missed since the attachment began.
        var mayBeCut = false
        /// Ends that are announced when the output before them has been shown.
        var ends: [(code: Int?, restarts: Bool)] = []
        var lastDeath: EngineTime?
        /// An end that was found, not seen: it counts when it is known that the container stays down.
        var uncounted: ContainerExit?
    }

    let options: AttachedRun.Options
    var watched: [ContainerID: Watched] = [:]
    /// Containers that were there before the run.
    private(set) var old: Set<ContainerID>?
    private(set) var isApplied = false
    /// Whether the end is somebody's word, though all containers may have ended.
    var isHeld = false
    /// Whether somebody starts ended containers again, so that an end is the last one only when they leave it so.
    private var isKept: Bool
    /// The last runs of the containers that their keeper leaves ended.
    private var leftEnded: [ContainerID: EngineTime] = [:]
    private var mustEnd: Set<ContainerID>?
    private var succession = Succession()
    /// How often a container has started so far.
    var starts = 0
    /// The ends of monitored containers, in the order in which they happened: those that stayed down, and where the run
    /// is to be aborted for an end, every one.
    var exits: [ContainerExit] = []

    /// - Parameter isKept: whether ``kept(_:)`` tells which ends are final.
    init(options: AttachedRun.Options, isKept: Bool = false) {
        self.options = options
        self.isKept = isKept
    }

    /// Whether no list has been taken yet.
    var isNew: Bool { old == nil }

    /// Whether the run has come to its end.
    var isOver: Bool {
        if let mustEnd { return mustEnd.allSatisfy { watched[$0].map(isOver) ?? true } }
        return isQuiet && !succession.isPossible
    }

    /// Whether no monitored container runs at the moment, though one may follow.
    var isQuiet: Bool {
        isApplied && !isHeld && mustEnd == nil && watched.values.allSatisfy { !$0.isMonitored || isOver($0) }
    }

    private func isOver(_ container: Watched) -> Bool { !container.isStreaming && staysDown(container) }

    func staysDown(_ container: Watched) -> Bool {
        guard case .exited(let run) = container.phase else { return false }
        return !isKept || run == nil || leftEnded[container.source.container] == run
    }

    /// The end for which the whole run is to end.
    var abortCause: ContainerExit? {
        guard isApplied else { return nil }
        switch options.abort {
        case .never: return nil
        case .firstExit: return exits.first
        case .firstFailure: return exits.first { $0.code != 0 }
        }
    }

    /// Whether the engine was about to start the container again when it was last heard of.
    func isRestarting(_ source: LogSource) -> Bool {
        if case .restarting? = watched[source.container]?.phase { true } else { false }
    }

    /// Those whose end a list shows that no event has told of; their exit codes have to be asked for.
    func missedEnds(_ containers: [(source: LogSource, state: ContainerState)]) -> [LogSource] {
        let alive = Set(containers.filter { $0.state.isRunning || $0.state == .created }.map(\.source.container))
        return watched.values.filter {
            if case .running = $0.phase { return !alive.contains($0.source.container) }
            if case .restarting = $0.phase { return !alive.contains($0.source.container) }
            return false
        }.map(\.source).sorted(by: LogSource.precedes)
    }

    /// Takes a list of the project's containers: at the beginning, and after events may have been missed.
    mutating func found(_ containers: [(source: LogSource, state: ContainerState)]) -> [Step] {
        guard old != nil else {
            old = Set(containers.map(\.source.container))
            return containers.filter { $0.state.isRunning }.flatMap { source, _ in
                watch(source, ranBefore: true, phase: .running, Gate())
            }
        }
        succession.expect()
        return containers.filter { $0.state.isRunning }.flatMap { source, _ in
            started(source) + resumed(source)
        }
    }

    /// Goes on showing a container that runs though its attachment has ended, now that the engine answers again.
    private mutating func resumed(_ source: LogSource) -> [Step] {
        guard let container = watched[source.container], container.isShown, case .running = container.phase else {
            return []
        }
        guard !container.isStreaming, let cut = container.cut else {
            watched[source.container]?.mayBeCut = container.isStreaming
            return []
        }
        watched[source.container]?.isStreaming = true
        watched[source.container]?.cut = nil
        return [.follow(source, cut)]
    }

    mutating func happened(_ action: String) { succession.happened(action) }

    /// Takes which containers are left ended by the one who keeps them, each with its last run; nil where nobody keeps
    /// them any more, so that all that have ended stay so.
    mutating func kept(_ leftEnded: [ContainerID: EngineTime]?) {
        isKept = leftEnded != nil
        self.leftEnded = leftEnded ?? [:]
        for container in watched.values.sorted(by: { LogSource.precedes($0.source, $1.source) }) {
            guard let exit = container.uncounted, staysDown(container) else { continue }
            watched[container.source.container]?.uncounted = nil
            exits.append(exit)
        }
    }

    /// Takes a list of the project's containers that was made after it had been quiet for the grace.
    mutating func looked(at containers: [(source: LogSource, state: ContainerState)]) -> [Step] {
        succession.looked(at: containers.filter { monitors($0.source) }) { old?.contains($0) ?? true }
        return containers.filter { $0.state == .running || $0.state == .paused }.flatMap { source, _ in
            started(source)
        }
    }

    /// Everything was started that is to be. What `containers` shows as never started was not started after all.
    mutating func applied(_ containers: [(source: LogSource, state: ContainerState)]) {
        isApplied = true
        for (source, state) in containers where state == .created { watched[source.container] = nil }
    }

    /// The run is to end when those that `containers` shows as stopped have been shown to their end.
    mutating func detach(_ containers: [(source: LogSource, state: ContainerState)]) {
        mustEnd = Set(containers.filter { !$0.state.isRunning }.map(\.source.container))
        kept(nil)
    }

    func shows(_ source: LogSource) -> Bool { options.shown?.contains(source.service) ?? true }
    func monitors(_ source: LogSource) -> Bool {
        (options.monitored ?? options.shown)?.contains(source.service) ?? true
    }

    mutating func watch(_ source: LogSource, ranBefore: Bool, phase: Phase, _ gate: Gate?) -> [Step] {
        let isShown = shows(source)
        let isNew = watched[source.container] == nil && !(old?.contains(source.container) ?? true)
        watched[source.container] = Watched(
            source: source, isShown: isShown, isMonitored: monitors(source), ranBefore: ranBefore, phase: phase,
            isStreaming: isShown)
        guard isShown else {
            gate?.open()
            return []
        }
        return [.attach(source, isNew: isNew, gate)]
    }
}
