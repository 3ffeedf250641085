import EngineAPI
import NIOCore
import SinkAPI

/// systemd's journal on this machine: `journald:`, or `journald:/PATH/OF/ITS/SOCKET`.
///
/// The fields are those of the engine's own journald driver (`MESSAGE`, `PRIORITY`, `CONTAINER_NAME`, `CONTAINER_ID`,
/// `CONTAINER_ID_FULL`, `IMAGE_NAME`, `SYSLOG_IDENTIFIER`, `CONTAINER_PARTIAL_MESSAGE`) and `GANTRY_UID`,
/// `GANTRY_PROJECT`, `GANTRY_SERVICE`, `GANTRY_STREAM`, `GANTRY_TIME`. Lines are sent as their bytes are.
///
/// journald acknowledges nothing by itself. Where its varlink socket lies beside and lets us (it lets root), a delivery
/// asks it to write all to the disk and returns when it has; else when the socket has taken all. What comes twice has
/// the same `GANTRY_UID`. journald drops lines of a service that writes more than its `RateLimitBurst`, which is ours
/// here.
actor JournaldSink: Sink {
    private nonisolated let executor = BlockingExecutor(label: "gantry.sink.journald")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let limits = BatchLimits.ordered

    private let path: String
    private var socket: JournalSocket?
    private var heads: [LogSource: [UInt8]] = [:]
    private var timeText = TimeText()

    private static let usualPath = "/run/systemd/journal/socket"
    private static let request = "{\"method\":\"io.systemd.Journal.Synchronize\"}\0"

    init(_ location: SinkLocation) throws {
        guard location.transport.isEmpty, location.host.isEmpty else {
            throw SinkConfigurationError("\(location.text): the journal is on this machine, \"journald:\"")
        }
        path = location.path.isEmpty ? JournaldSink.usualPath : location.path
        try SinkSettings(location).finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        var uid = RecordUID(epoch: batch.epoch)
        var entry: [UInt8] = []
        do {
            if socket == nil { socket = try JournalSocket(path) }
            for record in batch.records {
                entry.removeAll(keepingCapacity: true)
                encode(record, &uid, to: &entry)
                try socket?.send(entry)
            }
        } catch {
            socket = nil
            throw error
        }
        try await synchronize()
        return [:]
    }

    private func encode(_ record: LogRecord, _ uid: inout RecordUID, to out: inout [UInt8]) {
        let head = heads[record.source] ?? JournaldSink.head(record.source)
        heads[record.source] = head
        out.append(contentsOf: head)
        JSONText.append("GANTRY_UID=", to: &out)
        uid.append(record, to: &out)
        JSONText.append("\nGANTRY_TIME=", to: &out)
        timeText.append(record.time, as: .rfc3339, to: &out)
        JSONText.append("\nPRIORITY=", to: &out)
        Digits.append(UInt64(record.severity.rawValue), to: &out)
        JSONText.append(record.stream == .stdout ? "\nGANTRY_STREAM=stdout\n" : "\nGANTRY_STREAM=stderr\n", to: &out)
        if record.flags.contains(.partial) { JSONText.append("CONTAINER_PARTIAL_MESSAGE=true\n", to: &out) }
        JournaldSink.append("MESSAGE", record.line, to: &out)
    }

    private static func head(_ source: LogSource) -> [UInt8] {
        let identifierLength = 12
        var out: [UInt8] = []
        append("CONTAINER_NAME", source.name.utf8, to: &out)
        append("CONTAINER_ID", source.container.rawValue.prefix(identifierLength).utf8, to: &out)
        append("CONTAINER_ID_FULL", source.container.rawValue.utf8, to: &out)
        append("SYSLOG_IDENTIFIER", source.name.utf8, to: &out)
        if !source.image.isEmpty { append("IMAGE_NAME", source.image.utf8, to: &out) }
        if let project = source.project { append("GANTRY_PROJECT", project.utf8, to: &out) }
        append("GANTRY_SERVICE", source.service.utf8, to: &out)
        return out
    }

    /// `NAME=value`, or for a value of several lines its name, its length and itself.
    private static func append(_ name: StaticString, _ value: some Collection<UInt8>, to out: inout [UInt8]) {
        JSONText.append(name, to: &out)
        if value.contains(UInt8(ascii: "\n")) {
            out.append(UInt8(ascii: "\n"))
            withUnsafeBytes(of: UInt64(value.count).littleEndian) { out.append(contentsOf: $0) }
        } else {
            out.append(UInt8(ascii: "="))
        }
        out.append(contentsOf: value)
        out.append(UInt8(ascii: "\n"))
    }

    /// Returns when journald has written all that it has, as far as it lets us ask for that.
    private func synchronize() async throws {
        let endpoint = StreamEndpoint(unix: "\(FilePath.folder(of: path))/io.systemd.journal")
        let connection: StreamConnection
        do {
            connection = try await StreamConnection.open(endpoint)
        } catch let error as CancellationError {
            throw error
        } catch {
            return
        }
        defer { connection.close() }
        try await connection.perform("write the lines to its disk") {
            try await connection.write(ByteBuffer(string: JournaldSink.request))
            // Whether it did or did not let us: either way it has answered.
            try await connection.receive { bytes in bytes.readableBytesView.contains(0) ? () : nil }
        }
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        _ = try JournalSocket(path)
        await step("connected to \(path)")
    }

    func shutDown() async { socket = nil }
}

/// `journald:`: see ``JournaldSink``.
enum JournaldSinkKind: SinkKind {
    static let scheme = "journald"
    static let form = "journald:"
    static let summary = "this machine's journal"
    static func make(_ location: SinkLocation) throws -> any Sink { try JournaldSink(location) }
}
