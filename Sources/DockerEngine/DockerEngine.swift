public import EngineAPI
import NIOCore
import NIOHTTP1
import NIOPosix

/// A container engine behind the Docker Engine API: Docker 20.10 and later, Podman's compatible service.
///
/// A value of any number of copies that share their connections. All of its calls may run at the same time; see
/// ``Configuration`` for how long each may take. It connects when it is first used.
public struct DockerEngine: ContainerEngine {
    /// How long calls may take, how many connections are kept, and who hears of warnings.
    public struct Configuration: Sendable {
        /// For making a connection. Sockets answer at once; a host that is down never does.
        public var connectTimeout: Duration = .seconds(10)
        /// For an ordinary call, from the request to the end of the answer; for a stream, until it begins.
        public var callTimeout: Duration = .seconds(60)
        /// For starting a container: network drivers and mounts of remote file systems take their time.
        public var startTimeout: Duration = .seconds(120)
        /// For stopping a container, on top of its grace period: the engine still unmounts and disconnects.
        public var stopMargin: Duration = .seconds(30)
        /// How long the engine lets a container stop where nothing else is said.
        package var engineGracePeriod: Duration = .seconds(10)
        /// Until a pull or build begins to answer, and between two pieces of a build's context: registries are slow.
        public var imageTimeout: Duration = .seconds(300)
        /// How many idle connections are kept: as many as calls usefully run at once.
        public var maximumIdleConnections = 8
        /// Is told what the engine finds wrong with a container that it makes all the same: the container's name, and
        /// the engine's words.
        public var onWarning: @Sendable (_ container: String, _ warning: String) -> Void = { _, _ in }

        /// Makes a configuration of the defaults.
        public init() {}
    }

    let transport: EngineTransport

    /// Makes a client of the engine at `address`; nothing is sent yet.
    public init(address: EngineAddress = .standard, configuration: Configuration = Configuration()) {
        transport = EngineTransport(
            address: address, configuration: configuration, eventLoop: DockerEngine.eventLoops.next())
    }

    /// One thread for all connections of the process: they wait far more than they work.
    private static let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Where tasks run beside the connections: there a call changes threads neither on its way nor on its way back. For
    /// tasks that mostly wait for the engine; one that computes for long holds up every call.
    package var executor: any TaskExecutor { EventLoopExecutor(transport.eventLoop) }

    /// A clock for such tasks: whoever sleeps by it wakes beside the connections too.
    package var clock: any Clock<Duration> { EventLoopClock(eventLoop: transport.eventLoop) }

    /// Closes the connections that are kept for later; calls under way end undisturbed, new ones are refused.
    public func shutdown() async { await transport.shutDown() }
}

extension DockerEngine.Configuration {
    var ordinary: Deadline { Deadline(limit: callTimeout, scope: .answer) }
    var start: Deadline { Deadline(limit: startTimeout, scope: .answer) }
    var stream: Deadline { Deadline(limit: callTimeout, scope: .head) }
    var image: Deadline { Deadline(limit: imageTimeout, scope: .head) }

    func stop(grace: Duration) -> Deadline { Deadline(limit: grace + stopMargin, scope: .answer) }
}

extension DockerEngine {
    /// A request with the deadline of an ordinary call.
    func get(_ path: String, query: [(name: String, value: String)] = []) -> EngineRequest {
        EngineRequest(.GET, path, query: query, deadline: transport.configuration.ordinary)
    }

    func post(
        _ path: String, query: [(name: String, value: String)] = [], json body: (any JSONWritable)? = nil
    ) -> EngineRequest {
        let body = body.map { EngineRequest.Body.json(JSONText.encode($0)) } ?? .none
        return EngineRequest(.POST, path, query: query, body: body, deadline: transport.configuration.ordinary)
    }

    func delete(_ path: String, query: [(name: String, value: String)] = []) -> EngineRequest {
        EngineRequest(.DELETE, path, query: query, deadline: transport.configuration.ordinary)
    }
}
