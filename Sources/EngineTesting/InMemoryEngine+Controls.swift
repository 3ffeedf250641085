public import EngineAPI

// What a test sets and what it makes happen.
extension InMemoryEngine {
    // MARK: Setting the scene

    /// Adds an image. Adding a pullable or buildable one again replaces what the next pull or build brings: a new image
    /// with a new identifier.
    public func addImage(
        _ reference: String, _ behavior: ImageBehavior = ImageBehavior(), _ availability: ImageAvailability = .present
    ) {
        control { $0.addImage(reference, behavior, availability) }
    }

    /// Scripts the containers of a service (by their `com.docker.compose.service` label), instead of their image's
    /// behaviour and from now on, running ones included; nil ends the script.
    public func script(service: String, _ behavior: ContainerBehavior?) {
        control { $0.serviceScripts[service] = behavior }
    }

    /// Scripts the container of this name, instead of its service's and its image's behaviour; nil ends the script.
    public func script(container name: String, _ behavior: ContainerBehavior?) {
        control { $0.containerScripts[name] = behavior }
    }

    /// Makes a path of the host missing, until a bind creates it; without this every path exists.
    public func removeHostPath(_ path: String) { control { _ = $0.missingPaths.insert(path) } }

    /// Makes a path of the host exist that ``removeHostPath(_:)`` took away.
    public func addHostPath(_ path: String) { control { _ = $0.missingPaths.remove(path) } }

    /// Lets a process of the host, no container, listen on a port of all addresses.
    public func occupyHostPort(_ port: Int, transport: String = "tcp") {
        control { _ = $0.occupiedPorts.insert(InMemoryEngine.hostPort(port, transport)) }
    }

    /// Ends what ``occupyHostPort(_:transport:)`` began.
    public func releaseHostPort(_ port: Int, transport: String = "tcp") {
        control { _ = $0.occupiedPorts.remove(InMemoryEngine.hostPort(port, transport)) }
    }

    private static func hostPort(_ port: Int, _ transport: String) -> PortSummary {
        PortSummary(hostAddress: "0.0.0.0", containerPort: port, hostPort: port, transport: transport)
    }

    // MARK: Making things happen

    /// Lets a second of the engine's time pass, `count` times: processes whose time has come end, each healthcheck
    /// probes once, and containers in a crash loop start again. Paused containers stand still.
    public func tick(_ count: Int = 1) {
        control { state in
            for _ in 0..<count { state.tick() }
        }
    }

    /// Ends a running container's process, as it would by itself: the restart policy is asked. A container that does
    /// not run is left alone. Throws `.notFound` where there is none.
    public func exit(_ container: ContainerID, code: Int) throws {
        try controlContainer(container) { $0.end($1.id, code: code, restarting: true) }
    }

    /// Sets a container's health, which probes then repeat until its next start. One without a healthcheck has no
    /// health. Throws `.notFound` where there is no such container.
    public func setHealth(_ health: ContainerHealth, of container: ContainerID) throws {
        try controlContainer(container) { state, container in
            state.containers[container.id]?.forcedHealth = health
            state.changeHealth(of: container.id, to: health)
        }
    }

    /// Lets a container print bytes. Lines are found in them as the engine does; a container that does not run prints
    /// nothing. Throws `.notFound` where there is no such container.
    ///
    /// - Parameter audience: who gets it; an engine that drops old output leaves lines out for those who follow.
    public func emit(
        _ text: String, to stream: OutputStream = .stdout, from container: ContainerID,
        for audience: OutputAudience = .everyone
    ) throws {
        try controlContainer(container) { state, container in
            guard container.state == .running else { return }
            state.emit(Array(text.utf8), to: stream, from: container.id, for: audience)
        }
    }

    /// Gives those who follow a container's output its last pieces again, as Engine 20.10 does when it begins a file.
    public func repeatOutput(_ pieces: Int, of container: ContainerID) throws {
        try controlContainer(container) { $0.outputs[$1.id]?.repeatLast(pieces) }
    }

    /// Drops all but the last pieces of what is kept of a container's output, as an engine does with its oldest file.
    public func dropOutput(of container: ContainerID, keeping pieces: Int) throws {
        try controlContainer(container) { $0.outputs[$1.id]?.pieces.drop(keeping: pieces) }
    }

    /// Sets the engine's clock back.
    public func setClockBack(seconds: Int64) { control { $0.advance(milliseconds: -seconds * 1000) } }

    // MARK: Looking

    /// A container's health. No call is recorded and no fault strikes. Throws `.notFound` where there is no such container.
    public func health(of container: ContainerID) throws -> ContainerHealth {
        try controlContainer(container) { $1.health }
    }

    /// What was written to a container's standard input. Throws `.notFound` where there is no such container.
    public func receivedInput(of container: ContainerID) throws -> [UInt8] {
        try controlContainer(container) { $1.input }
    }

    /// The archives unpacked into a container, in order. Throws `.notFound` where there is no such container.
    public func receivedArchives(of container: ContainerID) throws -> [(directory: String, tar: [UInt8])] {
        try controlContainer(container) { $1.uploads.map { (directory: $0.directory, tar: $0.tar) } }
    }

    private func controlContainer<Value: Sendable>(
        _ id: ContainerID, _ action: (inout EngineState, Container) throws -> Value
    ) throws -> Value {
        do {
            return try control { try action(&$0, $0.find(id)) }
        } catch let refusal as Refusal {
            throw EngineError(
                refusal.code, call: "test control of \(id)", message: refusal.message, status: refusal.status)
        }
    }
}
