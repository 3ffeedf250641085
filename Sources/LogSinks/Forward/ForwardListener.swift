import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Listens on a socket of this machine for engines' log drivers.
package final class ForwardListener: Sendable {
    /// Why it cannot listen.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// A piece of output has 16 KiB; what is no message is not read for ever.
    private static let largestMessage = 1 << 20

    private let server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
    private let take: @Sendable (ForwardMessage) async throws -> Void
    private let warn: @Sendable (String) -> Void

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - path: of the socket, which is replaced; its folder is made.
    ///   - warn: is told of connections that end because of what came or what could not be kept; must return at once.
    ///   - take: returns when a message may be acknowledged; what it throws ends the connection.
    package init(
        path: String, warn: @escaping @Sendable (String) -> Void,
        take: @escaping @Sendable (ForwardMessage) async throws -> Void
    ) async throws {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if !folder.isEmpty { mkdir(folder, 0o755) }
        do {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Failure(
                description: "Output cannot be taken at \(path): \(error). Another path can be written under "
                    + "x-gantry: {logs: {socket: ...}}.")
        }
        self.take = take
        self.warn = warn
    }

    /// Serves until the task is cancelled.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await server.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await self.serve(connection) }
                }
            }
            group.cancelAll()
        }
    }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                var pending: [UInt8] = []
                for try await buffer in inbound {
                    pending += buffer.readableBytesView
                    var rest = pending[...]
                    while let value = try MessagePackValue.parse(&rest) {
                        let message = try ForwardMessage(value)
                        try await take(message)
                        guard let chunk = message.chunk else { continue }
                        try await outbound.write(ByteBuffer(bytes: ForwardMessage.acknowledgement(of: chunk)))
                    }
                    guard rest.count < ForwardListener.largestMessage else { throw ForwardMessage.Malformed() }
                    pending = Array(rest)
                }
            }
        } catch is CancellationError {
            // The driver sends again what was not acknowledged.
        } catch is ForwardMessage.Malformed {
            warn("What came from a log driver is no message of the Forward protocol; the connection was ended.")
        } catch is IOError {
            // The engine has gone.
        } catch {
            warn("What came from a log driver could not be kept, and will be sent again: \(error)")
        }
    }
}
