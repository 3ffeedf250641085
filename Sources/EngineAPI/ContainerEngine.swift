/// A container engine, as everything above the transport sees it.
///
/// Every call may throw ``EngineError``, and `CancellationError` when its task is cancelled; a cancelled call gives its
/// connection back. Calls with a `body` closure hold a stream for exactly as long as the closure runs.
public protocol ContainerEngine: SystemEndpoints, ContainerEndpoints, ExecEndpoints, ImageEndpoints, NetworkEndpoints,
    VolumeEndpoints
{}

/// What the engine says of itself, and what happens on it.
public protocol SystemEndpoints: Sendable {
    /// Asks whether the engine answers, and which API it speaks.
    func ping() async throws -> EnginePing
    /// The engine's version and platform.
    func version() async throws -> EngineVersion
    /// The engine's identity and set-up; slower than ``ping()``.
    func info() async throws -> EngineInfo
    /// Follows the engine's events. The subscription is in force when `body` begins, so nothing that happens after is
    /// missed. `since` replays kept events from that instant.
    func withEvents<Result: Sendable>(
        matching filter: EventFilter,
        since: EngineTime?,
        _ body: (EngineStream<EngineEvent>) async throws -> Result
    ) async throws -> Result
}

/// Calls on containers.
public protocol ContainerEndpoints: Sendable {
    /// Lists containers, stopped ones included, newest first.
    func containers(matching filter: ObjectFilter) async throws -> [ContainerSummary]
    /// One container in full.
    func container(_ id: ContainerID) async throws -> ContainerDetails
    /// Creates a container without starting it. Throws `.conflict` where the name is in use, `.notFound` where the
    /// image is not present.
    func createContainer(_ spec: ContainerSpec, name: String) async throws -> ContainerID
    /// Starts a container; a container that runs already is success.
    func startContainer(_ id: ContainerID) async throws
    /// Stops a container: its stop signal, then SIGKILL after `timeout` (nil: the container's own, else the engine's
    /// ten seconds). Returns when it has stopped; a container that does not run is success.
    func stopContainer(_ id: ContainerID, timeout: Duration?) async throws
    /// Sends a signal (a name such as `SIGHUP`). Throws `.conflict` where the container does not run.
    func killContainer(_ id: ContainerID, signal: String) async throws
    /// Removes a container; `force` kills it first, `anonymousVolumes` removes the unnamed volumes that it owns.
    func removeContainer(_ id: ContainerID, force: Bool, anonymousVolumes: Bool) async throws
    /// Changes when the engine starts a container again, whether it runs or not. Throws `.unsupported` where the engine
    /// cannot.
    func updateContainer(_ id: ContainerID, restartPolicy: RestartPolicySpec) async throws
    /// Gives a container another name. Throws `.conflict` where the name is in use.
    func renameContainer(_ id: ContainerID, to name: String) async throws
    /// Stops a container's processes where they stand.
    func pauseContainer(_ id: ContainerID) async throws
    /// Lets a paused container's processes go on.
    func unpauseContainer(_ id: ContainerID) async throws
    /// Returns the exit code when the container stops running; at once where it does not run.
    func waitContainer(_ id: ContainerID) async throws -> Int
    /// Unpacks a tar archive into a container's `directory`, which must exist; works on stopped containers.
    func uploadArchive(_ tar: [UInt8], to id: ContainerID, directory: String) async throws
    /// Reads a container's output as the engine kept it, and with `options.follow` what comes after.
    func withLogs<Result: Sendable>(
        of id: ContainerID,
        _ options: LogOptions,
        _ body: (EngineStream<[OutputFrame]>) async throws -> Result
    ) async throws -> Result
    /// Connects to a container's output, and to its input with `input`. Attached before the start, it misses nothing.
    func withAttachment<Result: Sendable>(
        to id: ContainerID,
        input: Bool,
        _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result
}

extension ContainerEndpoints {
    /// Throws `.unsupported`: what an engine does that cannot change a container's policy.
    public func updateContainer(_ id: ContainerID, restartPolicy: RestartPolicySpec) async throws {
        throw EngineError(
            .unsupported, call: "update \(id)",
            message: "the engine cannot change when a container is started again")
    }
}

/// Running further processes in containers.
public protocol ExecEndpoints: Sendable {
    /// Prepares a process in a running container.
    func createExec(_ spec: ExecSpec, in id: ContainerID) async throws -> ExecID
    /// Starts a prepared process and connects to it.
    func withExec<Result: Sendable>(
        _ id: ExecID,
        terminal: Bool,
        _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result
    /// How a started process stands.
    func exec(_ id: ExecID) async throws -> ExecDetails
}

/// Calls on images.
public protocol ImageEndpoints: Sendable {
    /// One image. Throws `.notFound` where it is not present on the engine.
    func image(_ reference: String) async throws -> ImageDetails
    /// Lists the images present.
    func images(matching filter: ObjectFilter) async throws -> [ImageSummary]
    /// Fetches an image from its registry. The engine's progress goes to `body`; a failure reported in the stream is
    /// thrown from it.
    func withPull<Result: Sendable>(
        of reference: String,
        platform: String?,
        _ body: (EngineStream<PullProgress>) async throws -> Result
    ) async throws -> Result
    /// The digest that an image's registry has for it now, as `sha256:...`; the image need not be on the engine. Throws
    /// `.notFound` or `.unauthorized` where the registry does not give it.
    func registryDigest(of reference: String) async throws -> String
    /// Gives an image another name.
    func tagImage(_ reference: String, as name: String) async throws
    /// Removes an image, or its name where it has several.
    func removeImage(_ reference: String, force: Bool) async throws
    /// Builds an image from a tar archive of its context, streamed; the engine's progress lines go to `body` as JSON.
    func withBuild<Result: Sendable>(
        context: EngineStream<[UInt8]>,
        parameters: [BuildParameter],
        _ body: (EngineStream<[UInt8]>) async throws -> Result
    ) async throws -> Result
}

/// Calls on networks.
public protocol NetworkEndpoints: Sendable {
    /// Lists networks.
    func networks(matching filter: ObjectFilter) async throws -> [NetworkSummary]
    /// One network. Throws `.notFound`, and `.conflict` where a name is ambiguous.
    func network(_ id: NetworkID) async throws -> NetworkSummary
    /// Creates a network. Throws `.conflict` where the name is in use.
    func createNetwork(_ spec: NetworkSpec) async throws -> NetworkID
    /// Removes a network. Throws `.conflict` or `.unauthorized` where containers are still attached.
    func removeNetwork(_ id: NetworkID) async throws
    /// Attaches a container to a network.
    func connect(_ container: ContainerID, to network: NetworkID, _ attachment: NetworkAttachment) async throws
    /// Detaches a container from a network.
    func disconnect(_ container: ContainerID, from network: NetworkID, force: Bool) async throws
}

/// Calls on volumes.
public protocol VolumeEndpoints: Sendable {
    /// Lists volumes.
    func volumes(matching filter: ObjectFilter) async throws -> [VolumeSummary]
    /// One volume. Throws `.notFound`.
    func volume(_ name: String) async throws -> VolumeSummary
    /// Creates a volume; one that exists with this name is returned as it is.
    func createVolume(_ spec: VolumeSpec) async throws -> VolumeSummary
    /// Removes a volume. Throws `.conflict` where a container uses it.
    func removeVolume(_ name: String, force: Bool) async throws
}
