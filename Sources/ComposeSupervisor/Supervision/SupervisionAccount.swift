import ComposeLogs
import ComposeModel
package import EngineAPI
package import SinkAPI

/// A container of the project as the engine last showed it.
package struct Sighting: Sendable, Equatable {
    package var source: LogSource
    package var state: ContainerState
    package var exitCode: Int
    package var health: ContainerHealth
    /// When its last run began, by the engine's clock; it tells one run from the next.
    package var startedAt: EngineTime?
    /// The engine's own restart policy, nil where it does not say.
    package var policy: RestartPolicySpec?

    var isUp: Bool { state.isRunning }
}

/// What a supervisor knows of a project's containers, and what follows from what happens to them.
///
/// It decides and does nothing: events and readings of a clock go in, actions come out. What happened before the run of
/// a container that is known already is old news and changes nothing.
struct SupervisionAccount {
    /// What is to be done now.
    enum Action: Equatable {
        /// Leaves restarting the container to the supervisor.
        case takeOver(LogSource)
        case start(LogSource, cause: String)
        case restart(LogSource, cause: String)
        case stop(LogSource, cause: String)
        /// Brings back what is missing, as a transaction.
        case repair
        case say(LogSource?, String, Detail)
    }

    /// What of a container is shown below a line about it.
    enum Detail: Equatable { case none, health, lastLines }

    /// Why a container does not run.
    enum Rest: Equatable {
        /// It has ended, and nothing is to follow.
        case ended
        /// Somebody stopped it; whether that has been said.
        case held(since: Duration, isSaid: Bool)
        case gaveUp
        /// It is started again at this time.
        case waiting(until: Duration)
        /// It went while the engine did.
        case lost
    }

    enum Phase: Equatable {
        case running
        /// The engine is about to start it.
        case restarting
        /// An action on it is under way.
        case busy
        case resting(Rest)
    }

    struct Watched {
        var source: LogSource
        var phase: Phase
        var run: EngineTime?
        /// Whether somebody told its process to end.
        var isSignalled = false
        var restarts = RestartSeries()
        var health = UnhealthySeries()
        /// Whether its being unhealthy has been dealt with.
        var isUnhealthy = false
        /// When it is restarted for its health.
        var cureAt: Duration?
        /// The dependents that follow its restart as soon as it is ready for them.
        var owed: [String: Dependency.Condition] = [:]
    }

    /// How long a stop waits before it is spoken of: it may be the first half of a restart from outside.
    static let holdGrace = Succession.grace
    /// After a removal, until it is repaired: a command that removes several containers is let come to its end.
    static let repairGrace: Duration = .seconds(1)
    /// Containers stopped so shortly before the engine went were stopped by it: an engine that shuts down gives them
    /// 15 seconds.
    static let engineShutdown: Duration = .seconds(15)

    var rules: SupervisionRules
    var watched: [ContainerID: Watched] = [:]
    var repairAt: Duration?
    private var failedRepairs = 0
    var isBringingUp = false
    var lostAt: Duration?

    /// Whether what is removed is missing, and what somebody stopped is spoken of.
    private let isLasting: Bool

    init(rules: SupervisionRules, isLasting: Bool = true) {
        self.rules = rules
        self.isLasting = isLasting
    }

    /// When ``tick(now:)`` has something to do; nil for never, and while the engine cannot be reached.
    var wakeUp: Duration? {
        guard lostAt == nil else { return nil }
        var times = [isBringingUp ? nil : repairAt]
        for container in watched.values {
            times.append(container.cureAt)
            switch container.phase {
            case .resting(.waiting(let until)): times.append(until)
            case .resting(.held(let since, isSaid: false)): times.append(since + SupervisionAccount.holdGrace)
            default: break
            }
        }
        return times.compactMap { $0 }.min()
    }

    /// The containers that do not run and are not to be started now.
    var atRest: Set<ContainerID> {
        Set(
            watched.filter {
                if case .resting(let rest) = $0.value.phase { rest != .lost } else { false }
            }.keys)
    }

    /// The containers that are started when their delay is over.
    var delayed: Set<ContainerID> {
        Set(watched.filter { if case .resting(.waiting) = $0.value.phase { true } else { false } }.keys)
    }

    /// The containers that have ended and are not started again, each with its last run. Those that were stopped just
    /// before the engine went are not among them.
    var leftEnded: [ContainerID: EngineTime] {
        watched.compactMapValues { container in
            switch container.phase {
            case .resting(.held(let since, _)): wentWithEngine(since) ? nil : container.run
            case .resting(.ended), .resting(.gaveUp): container.run
            default: nil
            }
        }
    }

    /// Whether one who stopped a container at that time was the engine.
    func wentWithEngine(_ time: Duration) -> Bool {
        lostAt.map { $0 - time <= SupervisionAccount.engineShutdown } ?? false
    }

    /// A container is not there any more.
    mutating func missed(_ now: Duration) { if isLasting { needRepair(now) } }

    mutating func tick(now: Duration) -> [Action] {
        guard lostAt == nil else { return [] }
        var actions: [Action] = []
        for (id, container) in watched.sorted(by: { LogSource.precedes($0.value.source, $1.value.source) }) {
            if let cureAt = container.cureAt, cureAt <= now {
                watched[id]?.cureAt = nil
                if container.phase == .running {
                    actions += act(.restart(container.source, cause: "is unhealthy"), on: id)
                }
            }
            switch container.phase {
            case .resting(.waiting(let until)) where until <= now:
                actions += act(.start(container.source, cause: "restarts after its delay"), on: id)
            case .resting(.held(let since, isSaid: false)) where since + SupervisionAccount.holdGrace <= now:
                watched[id]?.phase = .resting(.held(since: since, isSaid: true))
                if isLasting {
                    actions.append(.say(container.source, "was stopped by somebody, and is left so.", .none))
                }
            default: break
            }
        }
        if let time = repairAt, time <= now, !isBringingUp {
            repairAt = nil
            actions.append(.repair)
        }
        return actions
    }

    /// A transaction of our own begins; what happens to containers until it is over is its doing.
    mutating func beginBringingUp() { isBringingUp = true }

    mutating func endBringingUp(hasFailed: Bool, isRepair: Bool, now: Duration) -> [Action] {
        isBringingUp = false
        repairAt = nil
        guard isRepair else { return [] }
        guard hasFailed else {
            failedRepairs = 0
            return []
        }
        failedRepairs += 1
        let delay = min(
            UnhealthySeries.shortestDelay * (1 << min(failedRepairs, 16)), UnhealthySeries.longestDelay)
        repairAt = now + delay
        return [.say(nil, "What is missing could not be brought back; trying again in \(delay.text).", .none)]
    }
}
