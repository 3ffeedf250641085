import ComposeLogs
import EngineAPI
import SinkAPI

// What happens to containers: starts, ends, and the ends of what is read of them.
extension AttachAccount {
    mutating func willStart(_ source: LogSource, _ gate: Gate) -> [Step] {
        if watched[source.container]?.isStreaming == true, watched[source.container]?.isShown == true {
            // What its last run wrote is being shown yet; the next is read behind it.
            watched[source.container]?.isStale = true
            watched[source.container]?.phase = .starting
            gate.open()
            return []
        }
        return watch(source, ranBefore: false, phase: .starting, gate)
    }

    /// A hook's container is shown and nothing more: its end is none of a service's.
    func willStartHook(_ source: LogSource, _ gate: Gate) -> [Step] {
        guard shows(source) else {
            gate.open()
            return []
        }
        return [.attach(source, isNew: true, gate)]
    }

    mutating func started(_ source: LogSource) -> [Step] {
        starts += 1
        guard var container = watched[source.container] else {
            // Someone else started it.
            guard shows(source) || monitors(source) else { return [] }
            let steps = watch(source, ranBefore: false, phase: .running, nil)
            guard case .attach? = steps.first else { return steps }
            return old?.contains(source.container) ?? true ? steps : [.follow(source, ResumePoint())]
        }
        defer { watched[source.container] = container }
        container.uncounted = nil
        if case .exited = container.phase { container.cut = nil }
        switch container.phase {
        case .starting, .running: container.phase = .running
        case .restarting, .exited:
            container.phase = .running
            guard container.isShown else { return [] }
            if container.isStreaming {
                container.isStale = true
            } else {
                container.isStreaming = true
                return [.follow(source, container.resume ?? ResumePoint(floor: container.lastDeath))]
            }
        }
        return []
    }

    /// Takes the end of a container's process.
    ///
    /// - Parameters:
    ///   - restarts: whether the engine is about to start it again.
    ///   - time: of the event, or of what the engine shows.
    ///   - run: when the run that ended began, nil where the container has gone.
    ///   - isFound: whether it was found, where events may have been missed, rather than seen.
    mutating func died(
        _ source: LogSource, code: Int?, restarts: Bool, at time: EngineTime?, run: EngineTime? = nil,
        isFound: Bool = false
    ) -> [Step] {
        guard var container = watched[source.container] else { return [] }
        defer { watched[source.container] = container }
        if case .exited = container.phase {
            if run == nil { container.phase = .exited(run: nil) }
            return []
        }
        container.phase = restarts ? .restarting : .exited(run: run)
        container.lastDeath = time ?? container.lastDeath
        let isReplaced = container.ranBefore && !isApplied
        if container.isMonitored, !isReplaced {
            let exit = ContainerExit(
                container: source.container, service: source.service, label: source.label, code: code)
            if isFound, !staysDown(container) {
                container.uncounted = exit
            } else if !restarts || options.abort != .never {
                // What is to end the run does so whoever would start it again, as with Docker Compose.
                exits.append(exit)
            }
        }
        guard container.isShown, !isReplaced else { return [] }
        if isFound, !container.isStreaming, let cut = container.cut {
            container.isStreaming = true
            container.cut = nil
            container.ends.append((code, restarts))
            return [.follow(source, cut)]
        }
        if container.isStreaming {
            container.ends.append((code, restarts))
            return []
        }
        return [.announce(source, code: code, restarts: restarts)]
    }

    /// An attachment has ended, with its container or with the connection.
    ///
    /// - Parameter point: where reading would go on.
    mutating func attachmentEnded(_ source: LogSource, at point: ResumePoint, isBroken: Bool) -> [Step] {
        let isCut = isBroken || watched[source.container]?.mayBeCut == true
        watched[source.container]?.mayBeCut = false
        if isCut { return streamEnded(source, at: point, isBroken: true) }
        watched[source.container]?.cut = point
        return streamEnded(source, at: nil, isBroken: false)
    }

    /// - Parameters:
    ///   - point: where reading would go on, nil where the stream had no times.
    ///   - isBroken: whether the container may have gone on.
    mutating func streamEnded(_ source: LogSource, at point: ResumePoint?, isBroken: Bool) -> [Step] {
        guard var container = watched[source.container] else { return [] }
        defer { watched[source.container] = container }
        container.resume = point
        if isBroken, let point { return [.follow(source, point)] }
        let ends = container.ends.map { Step.announce(source, code: $0.code, restarts: $0.restarts) }
        container.ends = []
        if container.isStale {
            container.isStale = false
            return ends + [.follow(source, point ?? ResumePoint(floor: container.lastDeath))]
        }
        container.isStreaming = false
        return ends
    }

    mutating func destroyed(_ source: LogSource) -> [Step] { died(source, code: nil, restarts: false, at: nil) }
}
