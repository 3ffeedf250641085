import NIOCore
import NIOPosix
import Synchronization

/// Ports of 127.0.0.1 for doubles that end and begin again.
enum LastingPort {
    /// Below those that the system gives to connections, one of which could have it when the double begins again.
    private static let range = 20_000..<32_000
    private static let next = Mutex(Int.random(in: range))

    /// A port that nobody has, and that this process gives to nobody else.
    static func take() async throws -> Int {
        while true {
            let port = next.withLock { next in
                defer { next = next + 1 == range.upperBound ? range.lowerBound : next + 1 }
                return next
            }
            let listener = try? await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: "127.0.0.1", port: port).get()
            guard let listener else { continue }
            try await listener.stopListening()
            return port
        }
    }
}
