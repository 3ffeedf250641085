import ComposeLogs
import ComposeModel
import EngineAPI
import SinkAPI

// What happens: looks at all containers, events, and the ends of our own changes.
extension SupervisionAccount {
    // MARK: Looking

    /// Takes all of the project's containers: at the beginning, after events may have been missed, and with `isOurs`
    /// after a transaction of our own.
    mutating func saw(_ all: [Sighting], isOurs: Bool = false, now: Duration) -> [Action] {
        let isReturn = lostAt != nil
        var actions: [Action] = []
        let present = Set(all.map(\.source.container))
        for (id, gone) in watched where !present.contains(id) {
            watched[id] = nil
            if !isBringingUp, !isOurs, gone.phase != .busy { missed(now) }
        }
        for sighting in all where rules[sighting.source.service] != nil {
            let id = sighting.source.container
            guard let known = watched[id] else {
                actions += begin(sighting, now)
                if isOurs, !sighting.isUp, sighting.startedAt != nil {
                    // It was started by the transaction, and has fallen before the engine told of its start.
                    watched[id]?.phase = .running
                    actions += ended(id, code: sighting.exitCode, now)
                }
                continue
            }
            // The run that ended need not be the one that was known.
            if known.phase != .busy, !sighting.isUp { watched[id]?.run = sighting.startedAt }
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
                if wentWithEngine(since) {
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
        let id = sighting.source.container
        guard let known = watched[id] else {
            let actions = begin(sighting, now)
            // One that has fallen by now ran all the same, and its end is told next.
            watched[id]?.phase = .running
            return actions
        }
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
        watched[id]?.run = sighting.startedAt
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
        missed(now)
    }

    /// The engine's policy of a container was changed by somebody.
    mutating func updated(_ sighting: Sighting) -> [Action] { takeOver(sighting) }

    // MARK: Our own doing

    /// A container was not started after its delay, because somebody has stopped it meanwhile.
    mutating func stoppedMeanwhile(_ id: ContainerID, now: Duration) {
        if watched[id]?.phase == .busy { hold(id, now) }
    }

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
            missed(now)
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
}
