import EngineAPI

// Probes, further processes, and what they find.
extension EngineState {
    /// Runs a container's healthcheck once and returns its exit code.
    mutating func probe(_ id: ContainerID) -> Int {
        guard var container = containers[id], container.state == .running else { return 1 }
        container.probeCount += 1
        let behavior = behavior(of: container).health
        var verdict: ContainerHealth?
        switch behavior {
        case .manual: verdict = nil
        case .healthy(let probes): verdict = container.probeCount >= probes ? .healthy : nil
        case .unhealthy(let probes): verdict = container.probeCount >= probes ? .unhealthy : nil
        }
        verdict = container.forcedHealth ?? verdict
        let exitCode = verdict == .healthy ? 0 : 1
        container.probes.append(
            ProbeResult(exitCode: exitCode, output: exitCode == 0 ? "ready\n" : "not ready\n", start: stamp()))
        container.probes = container.probes.suffix(EngineState.keptProbes)
        containers[id] = container
        if let verdict { changeHealth(of: id, to: verdict) }
        return exitCode
    }

    mutating func changeHealth(of id: ContainerID, to health: ContainerHealth) {
        guard let container = containers[id], container.healthCheck != nil, container.health != health else { return }
        containers[id]?.health = health
        record("health_status: \(health)", on: container)
    }

    mutating func createExec(_ spec: ExecSpec, in id: ContainerID) throws -> ExecID {
        let container = try running(id)
        let exec = ExecID(newIdentifier())
        execs[exec] = Exec(container: container.id, command: spec.command)
        record("exec_create: " + spec.command.joined(separator: " "), on: container, ["execID": exec.rawValue])
        return exec
    }

    /// Runs a prepared process to its end.
    mutating func runExec(_ id: ExecID) throws -> [OutputFrame] {
        let exec = try findExec(id)
        guard exec.exitCode == nil, !exec.isRunning else {
            throw Refusal.conflict("exec session \(id) has already run")
        }
        let container = try running(exec.container)
        record("exec_start: " + exec.command.joined(separator: " "), on: container, ["execID": id.rawValue])
        var result = behavior(of: container).execs[exec.command] ?? ExecResult()
        if exec.command == container.probeCommand { result.exitCode = probe(container.id) }
        execs[id]?.isRunning = true
        if !result.isEndless { endExec(id, code: result.exitCode, on: container) }
        return result.output.map {
            OutputFrame(stream: $0.stream, bytes: (Array($0.text.utf8) + [UInt8(ascii: "\n")])[...])
        }
    }

    private mutating func endExec(_ id: ExecID, code: Int, on container: Container) {
        execs[id]?.exitCode = code
        execs[id]?.isRunning = false
        record("exec_die", on: container, ["execID": id.rawValue, "exitCode": String(code)])
    }

    /// Ends the further processes of a container whose own has ended.
    mutating func endExecs(of container: Container) {
        for (id, exec) in execs.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where exec.container == container.id && exec.isRunning {
            endExec(id, code: 137, on: container)
        }
    }

    func findExec(_ id: ExecID) throws(Refusal) -> Exec {
        guard let exec = execs[id] else { throw .notFound("No such exec instance: \(id)") }
        return exec
    }

    private func running(_ id: ContainerID) throws(Refusal) -> Container {
        let container = try find(id)
        if container.state == .paused {
            throw .conflict("Container \(container.id) is paused, unpause the container before exec")
        }
        guard container.state == .running else { throw .conflict("Container \(container.id) is not running") }
        return container
    }
}
