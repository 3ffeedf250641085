import EngineAPI

// Starting, stopping, and what a container's process does in between.
extension EngineState {
    mutating func start(_ id: ContainerID) throws {
        let container = try find(id)
        if container.state == .paused {
            throw Refusal.conflict("cannot start a paused container, try unpause instead")
        }
        if container.state.isRunning { return }
        do {
            try checkStart(of: container)
            let ports = try allocatePorts(for: container)
            containers[container.id]?.ports = ports
        } catch {
            // The code that the engine itself sets where no process was made.
            containers[container.id]?.exitCode = 128
            containers[container.id]?.failure = error.message
            throw error
        }
        containers[container.id]?.restartCount = 0
        containers[container.id]?.immediateRestarts = 0
        beginRun(of: container.id)
    }

    private func checkStart(of container: Container) throws(Refusal) {
        if case .failsToStart(let message) = behavior(of: container).run { throw .invalid(message) }
        for endpoint in container.endpoints.values where networks[endpoint.id] == nil {
            throw .notFound("network \(endpoint.id) not found")
        }
        if let mode = container.spec.networkMode, mode.hasPrefix("container:") {
            let other = try find(ContainerID(String(mode.dropFirst("container:".count))))
            guard other.state.isRunning else {
                throw .conflict("cannot join network of a non running container: \(other.id)")
            }
        }
        for mount in container.spec.mounts where mount.type == "bind" && !mount.createSource {
            try requirePath(mount.source)
        }
    }

    private mutating func beginRun(of id: ContainerID) {
        guard var container = containers[id] else { return }
        let behavior = behavior(of: container)
        container.state = .running
        container.exitCode = 0
        container.failure = ""
        container.startedAt = stamp()
        container.finishedAt = nil
        container.ticks = 0
        container.probes = []
        container.probeCount = 0
        container.forcedHealth = nil
        container.health = container.healthCheck == nil ? .none : .starting
        containers[id] = container
        outputs[id]?.begunRuns += 1
        for (name, endpoint) in container.endpoints.sorted(by: { $0.key < $1.key }) {
            recordNetwork("connect", name, endpoint.id, container: id)
        }
        record("start", on: container)
        for line in behavior.output { emit(Array(line.text.utf8) + [UInt8(ascii: "\n")], to: line.stream, from: id) }
        switch behavior.health {
        case .healthy(afterProbes: 0): changeHealth(of: id, to: .healthy)
        case .unhealthy(afterProbes: 0): changeHealth(of: id, to: .unhealthy)
        default: break
        }
        if case .exits(let code) = behavior.run { end(id, code: code, restarting: true) }
    }

    mutating func emit(
        _ bytes: [UInt8], to stream: OutputStream, from id: ContainerID, for audience: OutputAudience = .everyone
    ) {
        guard var output = outputs.removeValue(forKey: id) else { return }
        output.append(bytes, to: stream, for: audience) { stamp() }
        outputs[id] = output
    }

    /// The end of a container's process; `restarting` says whether the restart policy is asked.
    mutating func end(_ id: ContainerID, code: Int, restarting: Bool) {
        guard var container = containers[id], container.state == .running || container.state == .paused else { return }
        let restarts = restarting && !container.isStopping && container.restarts(afterExit: code)
        container.isStopping = false
        container.state = .exited
        container.exitCode = code
        container.finishedAt = stamp()
        container.ports = []
        if container.health != .none { container.health = .unhealthy }
        containers[id] = container
        outputs[id]?.exitCodes.append(code)
        endExecs(of: container)
        record("die", on: container, ["exitCode": String(code)])
        for (name, endpoint) in container.endpoints.sorted(by: { $0.key < $1.key }) {
            recordNetwork("disconnect", name, endpoint.id, container: id)
        }
        if restarts {
            containers[id]?.state = .restarting
            if container.immediateRestarts < EngineState.immediateRestarts { restart(id) }
        } else if container.spec.autoRemove {
            destroy(id, anonymousVolumes: true)
        }
    }

    /// The restart policy's start.
    private mutating func restart(_ id: ContainerID) {
        guard let container = containers[id] else { return }
        containers[id]?.restartCount += 1
        containers[id]?.immediateRestarts += 1
        do {
            try checkStart(of: container)
            let ports = try allocatePorts(for: container)
            containers[id]?.ports = ports
            beginRun(of: id)
        } catch {
            containers[id]?.state = .exited
            containers[id]?.failure = error.message
        }
    }

    /// Asks a container to stop. False where its process holds on, so that the caller has to wait for its end and
    /// then call ``finishStop(_:)``.
    mutating func stop(_ id: ContainerID) throws -> Bool {
        let container = try find(id)
        guard container.state.isRunning else { return true }
        if container.state == .restarting {
            containers[container.id]?.state = .exited
            finishStop(container)
            return true
        }
        record("kill", on: container, ["signal": container.spec.stopSignal ?? "SIGTERM"])
        switch behavior(of: container).stop {
        case .exits(let code):
            end(container.id, code: code, restarting: false)
        case .ignores:
            record("kill", on: container, ["signal": "SIGKILL"])
            end(container.id, code: 137, restarting: false)
        case .holds:
            containers[container.id]?.isStopping = true
            return false
        }
        finishStop(container)
        return true
    }

    mutating func finishStop(_ container: Container) { record("stop", on: container) }

    mutating func kill(_ id: ContainerID, signal: String) throws {
        let container = try find(id)
        guard container.state.isRunning else {
            throw Refusal.conflict("Cannot kill container: \(id): Container \(container.id) is not running")
        }
        let name = signal.hasPrefix("SIG") ? signal : "SIG" + signal
        if container.state == .restarting {
            containers[container.id]?.state = .exited
            return
        }
        record("kill", on: container, ["signal": name])
        if name == "SIGKILL" || name == "SIG9" {
            end(container.id, code: 137, restarting: false)
        } else if name == (container.spec.stopSignal ?? "SIGTERM") || ["SIGTERM", "SIGINT", "SIGQUIT"].contains(name),
            case .exits(let code) = behavior(of: container).stop
        {
            end(container.id, code: code, restarting: false)
        }
    }

    mutating func pause(_ id: ContainerID) throws {
        let container = try find(id)
        guard container.state.isRunning else { throw Refusal.conflict("Container \(container.id) is not running") }
        guard container.state == .running else {
            throw Refusal.conflict("Container \(container.id) is already \(container.state)")
        }
        containers[container.id]?.state = .paused
        record("pause", on: container)
    }

    mutating func unpause(_ id: ContainerID) throws {
        let container = try find(id)
        guard container.state == .paused else { throw Refusal.failure("Container \(container.id) is not paused") }
        containers[container.id]?.state = .running
        record("unpause", on: container)
    }

    /// A second of the engine's own time: processes end, probes run, restarts that were put off take place.
    mutating func tick() {
        advance(milliseconds: 1000)
        for id in inCreationOrder() {
            guard let container = containers[id] else { continue }
            containers[id]?.immediateRestarts = 0
            if container.state == .restarting { restart(id) }
            guard container.state == .running else { continue }
            containers[id]?.ticks += 1
            if case .exitsAfter(let ticks, let code) = behavior(of: container).run, container.ticks + 1 >= ticks {
                end(id, code: code, restarting: true)
            } else if container.healthCheck != nil {
                _ = probe(id)
            }
        }
    }
}
