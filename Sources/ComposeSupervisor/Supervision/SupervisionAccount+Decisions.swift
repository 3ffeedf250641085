import ComposeLogs
import ComposeModel
import ComposePlanner
import EngineAPI
import SinkAPI

// What follows from what happened.
extension SupervisionAccount {
    func isNews(_ time: EngineTime, _ known: Watched) -> Bool { known.run.map { time >= $0 } ?? true }

    mutating func needRepair(_ now: Duration) {
        repairAt = repairAt ?? now + SupervisionAccount.repairGrace
    }

    mutating func act(_ action: Action, on id: ContainerID) -> [Action] {
        watched[id]?.phase = .busy
        return [action]
    }

    func takeOver(_ sighting: Sighting) -> [Action] {
        guard let rule = rules[sighting.source.service], rule.restart != nil, sighting.policy?.name != "no" else {
            return []
        }
        return [.takeOver(sighting.source)]
    }

    /// Watches a container from here on.
    mutating func begin(_ sighting: Sighting, _ now: Duration) -> [Action] {
        let id = sighting.source.container
        watched[id] = Watched(
            source: sighting.source, phase: sighting.isUp ? .running : .resting(.ended), run: sighting.startedAt)
        if sighting.health == .healthy { watched[id]?.health.becameHealthy(now: now) }
        let isUnhealthy = sighting.isUp && sighting.health == .unhealthy
        return takeOver(sighting) + (isUnhealthy ? unhealthy(id, now) : [])
    }

    /// A known container runs anew.
    mutating func begun(_ sighting: Sighting, owes: Bool, _ now: Duration) -> [Action] {
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
    mutating func settle(_ id: ContainerID, _ condition: Dependency.Condition) -> [Action] {
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

    mutating func hold(_ id: ContainerID, _ now: Duration) {
        watched[id]?.phase = .resting(.held(since: now, isSaid: isBringingUp))
        watched[id]?.isSignalled = false
        watched[id]?.cureAt = nil
    }

    mutating func ended(_ id: ContainerID, code: Int, _ now: Duration) -> [Action] {
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

    mutating func unhealthy(_ id: ContainerID, _ now: Duration) -> [Action] {
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
    /// As Compose writes it: `1s`, `1m30s`, `250ms`.
    var text: String {
        ComposeDuration(nanoseconds: Int64(self / .nanoseconds(1))).description
    }
}
