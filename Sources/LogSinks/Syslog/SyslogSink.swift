import NIOCore
import SinkAPI

/// Syslog over a stream: `syslog+tcp://HOST[:601]`, `syslog+tls://HOST[:6514]`, `syslog+unix:///PATH`; without a
/// transport, TCP. For datagrams see ``SyslogDatagramSink``.
///
/// Settings: those of ``SyslogForm`` and ``StreamEndpoint``; `framing` (`octet`, which RFC 5425 and 6587 call octet
/// counting, or `lf`, a line feed after each message, for receivers that know no better: line feeds in a message become
/// spaces then); `max_size` is 8096 bytes unless it is said otherwise. The receiver acknowledges nothing: see
/// ``UnacknowledgedStream``; ``RELPSink`` is acknowledged syslog.
actor SyslogSink: Sink {
    enum Framing: String, CaseIterable {
        case octet, lf
    }

    nonisolated let limits: BatchLimits
    private let stream: UnacknowledgedStream
    private let framing: Framing
    private let form: SyslogForm
    private var encoder: SyslogEncoder
    private var epoch = ""
    private var messages: [UInt8] = []

    /// What rsyslog takes by default: its `maxMessageSize` of "8k" is 8096 bytes, and it cuts what is longer. syslog-ng
    /// takes 64 KiB.
    static let usualLimit = 8096
    /// RFC 6587 has none of its own and says 601; RFC 5425, section 4.1.
    private static let usualPorts = (plain: 601, secured: 6514)

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        let isSecured = location.transport == "tls"
        let endpoint = try StreamEndpoint(
            location, settings: &settings,
            port: isSecured ? SyslogSink.usualPorts.secured : SyslogSink.usualPorts.plain,
            isUnix: location.transport == "unix", isSecured: isSecured)
        form = try SyslogForm(&settings, largest: SyslogSink.usualLimit)
        framing = try settings.choice("framing") ?? .octet
        try settings.finish()
        encoder = SyslogEncoder(form, epoch: "")
        stream = UnacknowledgedStream(endpoint)
        limits = .ordered
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        messages.removeAll(keepingCapacity: true)
        if epoch != batch.epoch {
            encoder = SyslogEncoder(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        for record in batch.records {
            encoder.messages(record) { SyslogSink.frame($0, $1, framing, &messages) }
        }
        try await stream.send(ByteBuffer(bytes: messages))
        return [:]
    }

    private static func frame(
        _ head: [UInt8], _ text: ArraySlice<UInt8>, _ framing: Framing, _ out: inout [UInt8]
    ) {
        switch framing {
        case .octet:
            Digits.append(UInt64(head.count + text.count), to: &out)
            out.append(UInt8(ascii: " "))
            out.append(contentsOf: head)
            out.append(contentsOf: text)
        case .lf:
            out.append(contentsOf: head)
            let start = out.count
            out.append(contentsOf: text)
            for index in start..<out.count where out[index] == UInt8(ascii: "\n") { out[index] = UInt8(ascii: " ") }
            out.append(UInt8(ascii: "\n"))
        }
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await stream.check(step) }

    func shutDown() async { await stream.shutDown() }
}

/// `syslog:`, `syslog+tcp:`, `syslog+tls:`, `syslog+unix:` and `syslog+udp:`.
enum SyslogSinkKind: SinkKind {
    static let scheme = "syslog"
    static let form = "syslog[+tcp|+tls|+udp|+unix]://HOST[:PORT]"
    static let summary = "syslog, RFC 5424 or 3164"

    static func make(_ location: SinkLocation) throws -> any Sink {
        switch location.transport {
        case "", "tcp", "tls", "unix": try SyslogSink(location)
        case "udp": try SyslogDatagramSink(location)
        default:
            throw SinkConfigurationError("\(location.text): syslog goes over \"tcp\", \"tls\", \"unix\" or \"udp\"")
        }
    }
}
