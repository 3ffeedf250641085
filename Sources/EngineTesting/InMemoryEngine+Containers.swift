public import EngineAPI

extension InMemoryEngine {
    /// Lists containers, stopped ones included, newest first.
    public func containers(matching filter: ObjectFilter) async throws -> [ContainerSummary] {
        try perform(.reading, { _ in "list containers" }) { $0.list(filter) }
    }

    /// One container in full.
    public func container(_ id: ContainerID) async throws -> ContainerDetails {
        try perform(.reading, { "inspect \($0.name(of: id))" }) { try $0.find(id).details }
    }

    /// Creates a container without starting it. Throws `.conflict` where the name is in use, `.notFound` where the
    /// image is not present.
    public func createContainer(_ spec: ContainerSpec, name: String) async throws -> ContainerID {
        try perform(.mutating, { _ in "create \(name)" }) { try $0.create(spec, name: name) }
    }

    /// Starts a container; a container that runs already is success.
    public func startContainer(_ id: ContainerID) async throws {
        try perform(.mutating, { "start \($0.name(of: id))" }) { try $0.start(id) }
    }

    /// As the protocol has it, but no time passes: a process that ignores its signal is killed at once, and one that
    /// holds on (``ContainerBehavior/Stop/holds``) is waited for without end.
    public func stopContainer(_ id: ContainerID, timeout: Duration?) async throws {
        let cuts = cuts
        let held = try perform(.mutating, { "stop \($0.name(of: id))" }) { state in
            let container = try state.find(id)
            return try state.stop(id) ? nil : container.id
        }
        guard let held else { return }
        try await poll(since: cuts) { state in
            state.containers[held]?.state.isRunning == true ? .wait : .done(())
        }
        control { state in
            if let container = state.containers[held] { state.finishStop(container) }
        }
    }

    /// Sends a signal (a name such as `SIGHUP`). Throws `.conflict` where the container does not run.
    public func killContainer(_ id: ContainerID, signal: String) async throws {
        try perform(.mutating, { "kill \($0.name(of: id)) \(signal)" }) { try $0.kill(id, signal: signal) }
    }

    /// Removes a container; `force` kills it first, `anonymousVolumes` removes the unnamed volumes that it owns.
    public func removeContainer(_ id: ContainerID, force: Bool, anonymousVolumes: Bool) async throws {
        try perform(.mutating, { "remove \($0.name(of: id))" }) {
            try $0.remove(id, force: force, anonymousVolumes: anonymousVolumes)
        }
    }

    /// Changes when the engine starts a container again, whether it runs or not.
    public func updateContainer(_ id: ContainerID, restartPolicy: RestartPolicySpec) async throws {
        try perform(.mutating, { "update \($0.name(of: id)) to restart \(restartPolicy.name)" }) { state in
            let container = try state.find(id)
            state.containers[container.id]?.restartPolicy = restartPolicy
            state.record("update", on: container)
        }
    }

    /// Gives a container another name. Throws `.conflict` where the name is in use.
    public func renameContainer(_ id: ContainerID, to name: String) async throws {
        try perform(.mutating, { "rename \($0.name(of: id)) to \(name)" }) { try $0.rename(id, to: name) }
    }

    /// Stops a container's processes where they stand.
    public func pauseContainer(_ id: ContainerID) async throws {
        try perform(.mutating, { "pause \($0.name(of: id))" }) { try $0.pause(id) }
    }

    /// Lets a paused container's processes go on.
    public func unpauseContainer(_ id: ContainerID) async throws {
        try perform(.mutating, { "unpause \($0.name(of: id))" }) { try $0.unpause(id) }
    }

    /// Returns the exit code when the container stops running; at once where it does not run.
    public func waitContainer(_ id: ContainerID) async throws -> Int {
        let cuts = cuts
        // The run that goes on now; the exit that is waited for may be followed by a restart.
        let (found, run) = try perform(.reading, { "wait \($0.name(of: id))" }) { state in
            let found = try state.find(id).id
            return (found, state.outputs[found]?.begunRuns ?? 0)
        }
        return try await poll(since: cuts) { state in
            let codes = state.outputs[found]?.exitCodes ?? []
            return codes.count >= run ? .done(run == 0 ? 0 : codes[run - 1]) : .wait
        }
    }

    /// Unpacks a tar archive into a container's `directory`, which must exist; works on stopped containers.
    public func uploadArchive(_ tar: [UInt8], to id: ContainerID, directory: String) async throws {
        try perform(.mutating, { "upload \($0.name(of: id)) \(directory)" }) { state in
            let container = try state.find(id)
            state.containers[container.id]?.uploads.append(EngineState.Upload(directory: directory, tar: tar))
            state.record("extract-to-dir", on: container)
        }
    }
}
