public import EngineAPI
import NIOHTTP1

extension DockerEngine {
    /// Lists containers, stopped ones included, newest first.
    public func containers(matching filter: ObjectFilter) async throws -> [ContainerSummary] {
        let filters = JSONText.filters([
            "label": filter.labels, "name": filter.names, "network": filter.networks,
            "volume": filter.volumes,
        ])
        let request = get("/containers/json", query: [("all", "1")] + filters)
        return try await transport.value([ContainerListBody].self, of: request).map(\.summary)
    }

    /// One container in full.
    public func container(_ id: ContainerID) async throws -> ContainerDetails {
        try await inspect(id).details
    }

    /// Creates a container, attached to all of its networks.
    ///
    /// Engines before API 1.44 take one network at creation; the others are attached before this returns, and where one
    /// cannot be, the container is removed again.
    public func createContainer(_ spec: ContainerSpec, name: String) async throws -> ContainerID {
        let version = try await transport.apiVersion()
        let call = "POST /containers/create?name=\(name)"
        try spec.requireSupport(in: version, call: call)
        let atCreation = version < .multipleNetworks ? Array(spec.networks.prefix(1)) : spec.networks
        var request = post(
            "/containers/create", query: [("name", name)] + (spec.platform.map { [("platform", $0)] } ?? []),
            json: ContainerCreateBody(spec, networks: atCreation, in: version))
        request.call = call
        let created = try await transport.value(CreatedBody.self, of: request)
        for warning in created.warnings ?? [] { transport.configuration.onWarning(name, warning) }
        let id = ContainerID(created.id)
        try await attach(id, to: spec.networks.dropFirst(atCreation.count))
        return id
    }

    /// Starts a container; a container that runs already is success.
    public func startContainer(_ id: ContainerID) async throws {
        var request = post("\(path(id))/start")
        request.deadline = transport.configuration.start
        request.acceptedStatuses = [304]
        try await transport.run(request)
    }

    /// Stops a container; one that does not run is success.
    public func stopContainer(_ id: ContainerID, timeout: Duration?) async throws {
        var request = post("\(path(id))/stop", query: timeout.map { [("t", "\($0.secondsRoundedUp)")] } ?? [])
        request.acceptedStatuses = [304]
        if let timeout {
            request.deadline = transport.configuration.stop(grace: timeout)
            return try await transport.run(request)
        }
        // Few containers have a grace period of their own, so it is asked for only where a stop takes that long.
        request.deadline = Deadline(limit: DockerEngine.longestGracePeriod, scope: .answer)
        try await withThrowingTaskGroup(of: Void.self) { [request] group in
            defer { group.cancelAll() }
            group.addTask { try await transport.run(request) }
            group.addTask { try await exceedGracePeriod(of: id, request.call) }
            try await group.next()
        }
    }

    /// Sends a signal. Throws `.conflict` where the container does not run.
    public func killContainer(_ id: ContainerID, signal: String) async throws {
        try await transport.run(post("\(path(id))/kill", query: [("signal", signal)]))
    }

    /// Removes a container.
    public func removeContainer(_ id: ContainerID, force: Bool, anonymousVolumes: Bool) async throws {
        let query = [("force", force), ("v", anonymousVolumes)].filter(\.1).map { (name: $0.0, value: "1") }
        try await transport.run(delete(path(id), query: query))
    }

    /// Changes when the engine starts a container again, whether it runs or not.
    public func updateContainer(_ id: ContainerID, restartPolicy: RestartPolicySpec) async throws {
        let body = ContainerUpdateBody(
            restartPolicy: .init(name: restartPolicy.name, maximumRetries: restartPolicy.maximumRetries))
        try await transport.run(post("\(path(id))/update", json: body))
    }

    /// Gives a container another name.
    public func renameContainer(_ id: ContainerID, to name: String) async throws {
        try await transport.run(post("\(path(id))/rename", query: [("name", name)]))
    }

    /// Stops a container's processes where they stand.
    public func pauseContainer(_ id: ContainerID) async throws {
        try await transport.run(post("\(path(id))/pause"))
    }

    /// Lets a paused container's processes go on.
    public func unpauseContainer(_ id: ContainerID) async throws {
        try await transport.run(post("\(path(id))/unpause"))
    }

    /// Returns the exit code when the container stops running; at once where it does not run.
    public func waitContainer(_ id: ContainerID) async throws -> Int {
        var request = post("\(path(id))/wait", query: [("condition", "not-running")])
        request.deadline = transport.configuration.stream
        return try await transport.value(WaitBody.self, of: request).exitCode
    }

    /// Unpacks a tar archive into a container's directory.
    public func uploadArchive(_ tar: [UInt8], to id: ContainerID, directory: String) async throws {
        let request = EngineRequest(
            .PUT, "\(path(id))/archive", query: [("path", directory)], body: .tar(tar),
            deadline: transport.configuration.start)
        try await transport.run(request)
    }

    func inspect(_ id: ContainerID) async throws -> ContainerInspectBody {
        try await transport.value(ContainerInspectBody.self, of: get("\(path(id))/json"))
    }

    func path(_ id: ContainerID) -> String { "/containers/\(URLText.component(id.rawValue))" }

    /// Throws when stopping has taken longer than the container's own grace period and the margin.
    private func exceedGracePeriod(of id: ContainerID, _ call: String) async throws {
        let usual = transport.configuration.stop(grace: transport.configuration.engineGracePeriod).limit
        try await clock.sleep(for: usual)
        let grace = try? await inspect(id).config?.stopTimeout
        let limit = grace.map { transport.configuration.stop(grace: .seconds($0)).limit } ?? usual
        try await clock.sleep(for: max(.zero, limit - usual))
        throw TransportFailure.timedOut(limit).error(of: call)
    }

    /// More than a day of grace nobody gives; a limit must be some number.
    private static let longestGracePeriod: Duration = .seconds(86_400)

    private func attach(_ id: ContainerID, to networks: ArraySlice<NetworkAttachment>) async throws {
        do {
            for attachment in networks { try await connect(id, to: NetworkID(attachment.network), attachment) }
        } catch {
            // Awaited here, and a task of its own only so that a cancelled creation still leaves nothing behind.
            await Task { try? await removeContainer(id, force: true, anonymousVolumes: true) }.value
            throw error
        }
    }
}
