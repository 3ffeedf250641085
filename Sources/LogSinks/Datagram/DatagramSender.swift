import SinkAPI

/// Sends datagrams from a thread of its own.
///
/// They can be lost without anybody knowing; that nothing listens at the receiver's port is noticed where its system
/// says so, and then the batch is sent again.
actor DatagramSender {
    private nonisolated let executor = BlockingExecutor(label: "gantry.sink.datagrams")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let host: String
    private let port: Int
    private let name: String
    private var socket: DatagramSocket?

    init(_ location: SinkLocation, port: Int?) throws(SinkConfigurationError) {
        guard !location.host.isEmpty else { throw SinkConfigurationError("\(location.text) names no host") }
        guard let port = location.port ?? port else { throw SinkConfigurationError("\(location.text) names no port") }
        host = location.host
        self.port = port
        name = location.text
    }

    /// Sends datagrams, which lie one after another in `bytes` and end at `ends`.
    func send(_ bytes: [UInt8], ends: [Int]) throws {
        do {
            if socket == nil { socket = try DatagramSocket(host: host, port: port, name: name) }
            var start = 0
            for end in ends {
                try Task.checkCancellation()
                try bytes.withUnsafeBytes { try socket?.send(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
                start = end
            }
            try socket?.probe()
        } catch {
            socket = nil
            throw error
        }
    }

    /// Resolves the name and finds a way there.
    func check(_ step: @Sendable (String) async -> Void) async throws {
        _ = try DatagramSocket(host: host, port: port, name: name)
        await step("datagrams can be sent to \(name); nothing acknowledges them, so some may be lost")
    }

    func close() { socket = nil }
}
