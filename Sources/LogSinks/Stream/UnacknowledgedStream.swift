import NIOCore
import SinkAPI

/// Sends over a protocol whose receiver acknowledges nothing: syslog, GELF and plain lines over TCP.
///
/// What is sent counts as delivered when the receiver's system has confirmed every byte (for a unix socket: when the
/// receiver has read it) and the connection lives. A receiver can still be ended before it has read what its system
/// took. For that, ``DoubtfulWrites`` is kept, and when the connection has ended it is sent again with the next delivery,
/// before it; so
/// - a line is lost only where the receiver left it unread for longer than ``DoubtfulWrites/usualAge`` while younger
///   ones were confirmed, or more than ``DoubtfulWrites/size`` before it ended, or where this process ends before it
///   could send again;
/// - per connection that ends, at most those writes arrive twice.
actor UnacknowledgedStream {
    private let endpoint: StreamEndpoint
    private let keeper: SessionKeeper<StreamConnection>
    private var doubtful: DoubtfulWrites
    private var last: StreamConnection?
    /// When the first write began that was not confirmed since.
    private var doubt: ContinuousClock.Instant?

    init(_ endpoint: StreamEndpoint, age: Duration = DoubtfulWrites.usualAge) {
        self.endpoint = endpoint
        doubtful = DoubtfulWrites(age: age)
        keeper = SessionKeeper { try await StreamConnection.open(endpoint) }
    }

    /// Returns when the bytes are delivered, in the sense above.
    func send(_ bytes: ByteBuffer) async throws {
        try await keeper.use { connection in try await self.send(bytes, over: connection) }
    }

    private func send(_ bytes: ByteBuffer, over connection: StreamConnection) async throws {
        let start = doubt ?? .now
        doubt = start
        var again: [ByteBuffer] = []
        if last !== connection {
            if let last { doubtful.connectionEnded(min(last.endTime ?? start, start)) }
            again = doubtful.all
        }
        try await connection.perform("take the lines") {
            for bytes in again { try await connection.write(bytes) }
            try await connection.write(bytes)
            try await connection.confirm()
        }
        doubt = nil
        last = connection
        doubtful.confirmed(bytes, at: .now)
    }

    /// Connects, for ``Sink/check(_:)``.
    func check(_ step: @Sendable (String) async -> Void) async throws {
        try await StreamConnection.check(endpoint, step).close()
    }

    /// Ends the connection. A receiver that ends it in good order has read everything; where it does not, what is in
    /// doubt is sent once more.
    func shutDown() async {
        guard let connection = await keeper.release() else { return }
        do {
            try await connection.finish()
        } catch {
            try? await send(ByteBuffer())
            try? await keeper.release()?.finish()
        }
    }
}

/// The last writes that the receiver's system confirmed, of which the receiver may not have read all.
struct DoubtfulWrites {
    /// A receiver that lives has read what is older.
    static let usualAge = Duration.seconds(2)
    /// All of them together; the last one is kept whatever its size.
    static let size = 1 << 20

    private let age: Duration
    private var writes: [(bytes: ByteBuffer, time: ContinuousClock.Instant)] = []

    init(age: Duration = usualAge) { self.age = age }

    /// All, the oldest first.
    var all: [ByteBuffer] { writes.map { $0.bytes } }

    mutating func confirmed(_ bytes: ByteBuffer, at time: ContinuousClock.Instant) {
        writes.append((bytes, time))
        connectionEnded(time)
        var total = 0
        let kept = writes.reversed().prefix { write in
            defer { total += write.bytes.readableBytes }
            return total == 0 || total + write.bytes.readableBytes <= DoubtfulWrites.size
        }
        writes.removeFirst(writes.count - kept.count)
    }

    /// Forgets what was read before the connection ended, or was last heard of.
    mutating func connectionEnded(_ time: ContinuousClock.Instant) {
        writes.removeAll { $0.time + age < time }
    }
}
