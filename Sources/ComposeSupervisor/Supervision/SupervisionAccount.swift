package import ComposeLogs
import ComposeModel
package import EngineAPI

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
    private var repairAt: Duration?
    private var failedRepairs = 0
    private var isBringingUp = false
    private var lostAt: Duration?

    init(rules: SupervisionRules) { self.rules = rules }

    /// When ``tick(now:)`` has something to do; nil for never.
    var wakeUp: Duration? {
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

    // MARK: Looking

    /// Takes all of the project's containers: at the beginning, after events may have been missed, and with `isOurs`
    /// after a transaction of our own.
    mutating func saw(_ all: [Sighting], isOurs: Bool = false, now: Duration) -> [Action] {
        let isReturn = lostAt != nil
        var actions: [Action] = []
        let present = Set(all.map(\.source.container))
        for (id, gone) in watched where !present.contains(id) {
            watched[id] = nil
            if !isBringingUp, !isOurs, gone.phase != .busy { needRepair(now) }
        }
        for sighting in all where rules[sighting.source.service] != nil {
            let id = sighting.source.container
            guard let known = watched[id] else {
                actions += begin(sighting, now)
                continue
            }
            switch (known.phase, sighting.isUp) {
            case (.busy, _): break
            case (_, true):
                // Where the engine went, or a transaction was at work, dependents were seen to.
                let owes = !isReturn && !isOurs && !isBringingUp
                actions +=
                    sighting.startedAt != known.run ? begun(sighting, owes: owes, now) : takeOver(sighting)
                if sighting.health == .unhealthy { actions += unhealthy(id, now) }
            case (.running, false), (.restarting, false):
                if isReturn, sighting.exitCode != 0 || known.isSignalled {
                    watched[id]?.phase = .resting(.lost)
                    needRepair(now)
                } else {
                    actions += ended(id, code: sighting.exitCode, now)
                }
            case (.resting(.held(let since, _)), false):
                // The one who stopped it was the engine.
                if let lostAt, lostAt - since <= SupervisionAccount.engineShutdown {
                    watched[id]?.phase = .resting(.lost)
                    needRepair(now)
                }
            case (.resting, false): break
            }
        }
        lostAt = nil
        return actions
    }

    /// The engine's events have broken off.
    mutating func lostEngine(now: Duration) { lostAt = lostAt ?? now }

    // MARK: Events

    mutating func started(_ sighting: Sighting, now: Duration) -> [Action] {
        guard rules[sighting.source.service] != nil else { return [] }
        guard let known = watched[sighting.source.container] else { return begin(sighting, now) }
        guard known.phase != .busy, sighting.startedAt != known.run else { return [] }
        return begun(sighting, owes: !isBringingUp, now)
    }

    /// The end of a container's process, with what the engine showed of the container a moment later.
    mutating func died(_ sighting: Sighting, code: Int, at time: EngineTime, now: Duration) -> [Action] {
        let id = sighting.source.container
        guard let known = watched[id], isNews(time, known), known.phase == .running || known.phase == .restarting
        else { return [] }
        if sighting.isUp {
            watched[id]?.phase = .restarting
            return []
        }
        return ended(id, code: code, now)
    }

    mutating func signalled(_ id: ContainerID, with signal: String, at time: EngineTime) {
        guard let known = watched[id], isNews(time, known), known.phase != .busy,
            rules[known.source.service]?.stopSignals.contains(signal) == true
        else { return }
        watched[id]?.isSignalled = true
    }

    /// Somebody has stopped the container.
    mutating func stopped(_ id: ContainerID, at time: EngineTime, now: Duration) {
        guard let known = watched[id], isNews(time, known), known.phase != .busy else { return }
        if case .resting(.held) = known.phase { return }
        hold(id, now)
    }

    mutating func changedHealth(_ id: ContainerID, _ health: ContainerHealth, now: Duration) -> [Action] {
        guard let known = watched[id], known.phase == .running else { return [] }
        if health == .unhealthy { return unhealthy(id, now) }
        guard health == .healthy else { return [] }
        watched[id]?.cureAt = nil
        watched[id]?.isUnhealthy = false
        watched[id]?.health.becameHealthy(now: now)
        return settle(id, .healthy)
    }

    mutating func destroyed(_ id: ContainerID, now: Duration) {
        guard watched.removeValue(forKey: id) != nil, !isBringingUp else { return }
        needRepair(now)
    }

    /// The engine's policy of a container was changed by somebody.
    mutating func updated(_ sighting: Sighting) -> [Action] { takeOver(sighting) }

    // MARK: Our own doing

    /// An action on a container is over.
    ///
    /// - Parameters:
    ///   - sighting: what there is of the container now; nil where it has gone.
    ///   - hasFailed: whether it could not be carried out.
    mutating func acted(
        on id: ContainerID, _ sighting: Sighting?, hasFailed: Bool, isStop: Bool, now: Duration
    ) -> [Action] {
        guard let known = watched[id], known.phase == .busy else { return [] }
        guard let sighting else {
            watched[id] = nil
            needRepair(now)
            return []
        }
        if isStop, !sighting.isUp {
            watched[id]?.phase = .resting(.gaveUp)
            return []
        }
        if hasFailed {
            if sighting.isUp {
                watched[id]?.phase = .running
                return []
            }
            guard rules[known.source.service]?.restart != nil else {
                watched[id]?.phase = .resting(.lost)
                needRepair(now)
                return []
            }
            watched[id]?.restarts.restarted(now: now)
            return ended(id, code: max(sighting.exitCode, 1), now)
        }
        watched[id]?.restarts.restarted(now: now)
        let actions = begun(sighting, owes: true, now)
        // It may have ended within the start; the event of that has been passed over.
        guard sighting.isUp else { return actions + ended(id, code: sighting.exitCode, now) }
        return sighting.health == .unhealthy ? actions + unhealthy(id, now) : actions
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

    // MARK: Time

    mutating func tick(now: Duration) -> [Action] {
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
                actions.append(.say(container.source, "was stopped by somebody, and is left so.", .none))
            default: break
            }
        }
        if let time = repairAt, time <= now, !isBringingUp {
            repairAt = nil
            actions.append(.repair)
        }
        return actions
    }

    // MARK: Decisions

    private func isNews(_ time: EngineTime, _ known: Watched) -> Bool { known.run.map { time >= $0 } ?? true }

    private mutating func needRepair(_ now: Duration) {
        repairAt = repairAt ?? now + SupervisionAccount.repairGrace
    }

    private mutating func act(_ action: Action, on id: ContainerID) -> [Action] {
        watched[id]?.phase = .busy
        return [action]
    }

    private func takeOver(_ sighting: Sighting) -> [Action] {
        guard let rule = rules[sighting.source.service], rule.restart != nil, sighting.policy?.name != "no" else {
            return []
        }
        return [.takeOver(sighting.source)]
    }

    /// Watches a container from here on.
    private mutating func begin(_ sighting: Sighting, _ now: Duration) -> [Action] {
        let id = sighting.source.container
        watched[id] = Watched(
            source: sighting.source, phase: sighting.isUp ? .running : .resting(.ended), run: sighting.startedAt)
        if sighting.health == .healthy { watched[id]?.health.becameHealthy(now: now) }
        let isUnhealthy = sighting.isUp && sighting.health == .unhealthy
        return takeOver(sighting) + (isUnhealthy ? unhealthy(id, now) : [])
    }

    /// A known container runs anew.
    private mutating func begun(_ sighting: Sighting, owes: Bool, _ now: Duration) -> [Action] {
        let id = sighting.source.container
        watched[id]?.phase = .running
        watched[id]?.run = sighting.startedAt
        watched[id]?.isSignalled = false
        watched[id]?.isUnhealthy = false
        watched[id]?.cureAt = nil
        watched[id]?.owed = owes ? rules[sighting.source.service]?.dependents ?? [:] : [:]
        var actions = takeOver(sighting) + settle(id, .started)
        if sighting.health == .healthy { actions += changedHealth(id, .healthy, now: now) }
        return actions
    }

    /// Restarts the dependents that waited for `condition` of a container.
    private mutating func settle(_ id: ContainerID, _ condition: Dependency.Condition) -> [Action] {
        guard let container = watched[id] else { return [] }
        let due = container.owed.filter { $0.value == condition }.keys.sorted()
        for service in due { watched[id]?.owed[service] = nil }
        return due.flatMap { service in
            watched.values.filter { $0.source.service == service && $0.phase == .running }.map(\.source)
                .sorted(by: LogSource.precedes)
        }.flatMap { dependent in
            act(
                .restart(dependent, cause: "restarts with \(container.source.label)"), on: dependent.container)
        }
    }

    private mutating func hold(_ id: ContainerID, _ now: Duration) {
        watched[id]?.phase = .resting(.held(since: now, isSaid: isBringingUp))
        watched[id]?.isSignalled = false
        watched[id]?.cureAt = nil
    }

    private mutating func ended(_ id: ContainerID, code: Int, _ now: Duration) -> [Action] {
        guard let known = watched[id], let rule = rules[known.source.service] else { return [] }
        watched[id]?.cureAt = nil
        if known.isSignalled {
            hold(id, now)
            return []
        }
        watched[id]?.phase = .resting(.ended)
        let followers = code == 0 ? settle(id, .completed) : []
        guard let restart = rule.restart else { return followers }
        switch known.restarts.next(code, restart, now, in: &watched[id]) {
        case .done: return followers
        case .giveUp(let failed):
            watched[id]?.phase = .resting(.gaveUp)
            return followers + [
                .say(
                    known.source,
                    "ended with code \(code) again, and \(failed) \(failed == 1 ? "restart has" : "restarts have") "
                        + "failed, which is the limit. It is left as it is; start it when the cause is gone.",
                    .lastLines)
            ]
        case .restart(let delay):
            watched[id]?.phase = .resting(.waiting(until: now + delay))
            return followers + [
                .say(known.source, "ended with code \(code); it is started again in \(delay.text).", .none)
            ]
        }
    }

    private mutating func unhealthy(_ id: ContainerID, _ now: Duration) -> [Action] {
        guard let known = watched[id], let policy = rules[known.source.service]?.unhealthy, !isBringingUp,
            !known.isUnhealthy
        else { return [] }
        watched[id]?.isUnhealthy = true
        switch policy.action {
        case .notify: return [.say(known.source, "is unhealthy.", .health)]
        case .stop:
            return [.say(known.source, "is unhealthy, so it is stopped.", .health)]
                + act(.stop(known.source, cause: "is unhealthy"), on: id)
        case .restart:
            var series = known.health
            defer { watched[id]?.health = series }
            switch series.becameUnhealthy(limit: policy.attempts, now: now) {
            case .giveUp:
                return [
                    .say(
                        known.source,
                        "is unhealthy still after \(policy.attempts) "
                            + "\(policy.attempts == 1 ? "restart" : "restarts"), which is the limit. It is left as it is.",
                        .lastLines)
                ]
            case .restart(let delay, let attempt):
                watched[id]?.cureAt = now + delay
                return [
                    .say(
                        known.source,
                        "is unhealthy; it is restarted in \(delay.text) (attempt \(attempt) of \(policy.attempts)).",
                        .health)
                ]
            }
        }
    }
}

extension RestartSeries {
    /// Counts an end, in the account too.
    fileprivate func next(
        _ code: Int, _ rule: RestartRule, _ now: Duration, in watched: inout SupervisionAccount.Watched?
    ) -> Decision {
        var series = self
        defer { watched?.restarts = series }
        return series.ended(code: code, rule, now: now)
    }
}

extension Duration {
    /// `1s`, `1m30s`, `250ms`.
    fileprivate var text: String {
        ComposeDuration(nanoseconds: Int64(self / .nanoseconds(1))).description
    }
}
