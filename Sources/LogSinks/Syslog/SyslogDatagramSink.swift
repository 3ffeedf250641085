import SinkAPI

/// Syslog over UDP (RFC 5426): `syslog+udp://HOST[:514]`. It is lossy by nature: what is sent counts as delivered.
///
/// Settings: those of ``SyslogForm``; `max_size` is 2 KiB unless it is said otherwise, and at most what a datagram
/// holds.
actor SyslogDatagramSink: Sink {
    nonisolated let limits: BatchLimits
    private let sender: DatagramSender
    private let form: SyslogForm
    private var encoder: SyslogEncoder
    private var epoch = ""

    /// RFC 5426, sections 3.2 and 3.3.
    private static let usualLimit = 2048
    private static let usualPort = 514

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        sender = try DatagramSender(location, port: SyslogDatagramSink.usualPort)
        form = try SyslogForm(&settings, largest: SyslogDatagramSink.usualLimit, upTo: DatagramSocket.largest)
        try settings.finish()
        encoder = SyslogEncoder(form, epoch: "")
        limits = .ordered
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        if epoch != batch.epoch {
            encoder = SyslogEncoder(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for record in batch.records {
            encoder.messages(record) { head, text in
                bytes.append(contentsOf: head)
                bytes.append(contentsOf: text)
                ends.append(bytes.count)
            }
        }
        try await sender.send(bytes, ends: ends)
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await sender.check(step) }

    func shutDown() async { await sender.close() }
}
