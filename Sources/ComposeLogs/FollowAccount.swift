import EngineAPI
import SinkAPI

/// Which containers are being read, and where reading the others would go on.
struct FollowAccount {
    private struct Reading {
        /// Where reading would go on; nil while somebody reads.
        var end: ResumePoint?
        /// It started again since the reader began, which may not have noticed.
        var isStale = false
        /// Whether an event or a list told of the container's end, and so of a kill before it.
        var hasDied = false
    }

    private let beginning: ResumePoint
    /// For containers that are made while others are read: nothing of them is old.
    private let whole: ResumePoint
    private var readings: [ContainerID: Reading] = [:]
    private var wasListed = false
    private var old: Set<ContainerID> = []
    private var succession = Succession()
    /// How many readings were begun so far.
    private(set) var begun = 0

    init(beginning: ResumePoint) {
        self.beginning = beginning
        whole = ResumePoint(floor: beginning.floor, until: beginning.until)
    }

    /// Whether nobody is read at the moment.
    var isQuiet: Bool { wasListed && readings.values.allSatisfy { $0.end != nil } }

    /// Whether nobody is read any more.
    var isOver: Bool { isQuiet && !succession.isPossible && readings.values.allSatisfy(\.hasDied) }

    /// Takes a list of the containers: at the beginning, and after events may have been missed.
    ///
    /// - Returns: the containers to be read from now on.
    mutating func found(
        _ containers: [(source: LogSource, state: ContainerState)]
    ) -> [(LogSource, ResumePoint)] {
        guard !wasListed else {
            succession.expect()
            return beginRunning(containers)
        }
        wasListed = true
        old = Set(containers.map(\.source.container))
        return containers.map { begin($0.source, at: beginning, hasDied: !$0.state.isRunning) }
    }

    /// Takes a list that was made after it had been quiet for the grace.
    mutating func looked(
        at containers: [(source: LogSource, state: ContainerState)]
    ) -> [(LogSource, ResumePoint)] {
        succession.looked(at: containers) { old.contains($0) }
        for id in readings.keys { readings[id]?.hasDied = true }
        return beginRunning(containers)
    }

    mutating func happened(_ action: String, to source: LogSource) -> [(LogSource, ResumePoint)] {
        succession.happened(action)
        switch action {
        case "start":
            guard let reading = readings[source.container] else { return [begin(source, at: whole)] }
            if let end = reading.end { return [begin(source, at: end)] }
            readings[source.container]?.isStale = true
            readings[source.container]?.hasDied = false
        case "die": readings[source.container]?.hasDied = true
        case "destroy" where readings[source.container]?.end != nil: readings[source.container] = nil
        default: break
        }
        return []
    }

    /// - Parameter isRestarting: whether the engine is about to start the container again.
    mutating func ended(
        _ source: LogSource, at point: ResumePoint, isRestarting: Bool
    ) -> [(LogSource, ResumePoint)] {
        if isRestarting { succession.expect() }
        let hasDied = readings[source.container]?.hasDied ?? true
        if readings[source.container]?.isStale == true { return [begin(source, at: point, hasDied: hasDied)] }
        readings[source.container] = Reading(end: point, hasDied: hasDied)
        return []
    }

    private mutating func beginRunning(
        _ containers: [(source: LogSource, state: ContainerState)]
    ) -> [(LogSource, ResumePoint)] {
        containers.compactMap { source, state in
            // What is about to be restarted or started has an event for that.
            guard state == .running || state == .paused else { return nil }
            guard let reading = readings[source.container] else { return begin(source, at: whole) }
            return reading.end.map { begin(source, at: $0) }
        }
    }

    private mutating func begin(
        _ source: LogSource, at point: ResumePoint, hasDied: Bool = false
    ) -> (LogSource, ResumePoint) {
        readings[source.container] = Reading(hasDied: hasDied)
        begun += 1
        return (source, point)
    }
}
