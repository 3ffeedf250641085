import EngineAPI
import SinkAPI

/// Records with all that lines and names can hold, and what a receiver should have of them.
struct HostileRecords: Sendable {
    let batch: RecordBatch

    /// `count` records, among them one of each kind.
    init(_ count: Int) {
        var records: [LogRecord] = []
        for number in 1...count {
            // The largest come first, in the middle of ordinary ones, so that they are not alone in their batches.
            let line =
                number % 3 == 0 && number / 3 <= Self.lines.count ? Self.lines[number / 3 - 1] : Self.plain(number)
            records.append(
                LogRecord(
                    source: Self.sources[number % Self.sources.count], stream: number % 5 < 3 ? .stdout : .stderr,
                    time: EngineTime(nanoseconds: Self.start + Int64(number) * 1_000_003), line: line[...],
                    flags: number % 11 == 0 ? [.partial, .repaired] : [], sequence: UInt64(number),
                    level: number % 4 == 0 ? nil : LogLevel(rawValue: UInt8(number % 8))))
        }
        batch = RecordBatch(epoch: "c0ffee42", records: records, range: 1...UInt64(count))
    }

    /// The same in batches of at most `size` records and the limit's bytes.
    func batches(_ limits: BatchLimits, of size: Int = 500) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        var part: [LogRecord] = []
        var bytes = 0
        func end() {
            guard let first = part.first, let last = part.last else { return }
            batches.append(RecordBatch(epoch: batch.epoch, records: part, range: first.sequence...last.sequence))
            (part, bytes) = ([], 0)
        }
        for record in batch.records {
            if part.count >= size || bytes + record.line.count > limits.bytes { end() }
            part.append(record)
            bytes += record.line.count
        }
        end()
        return batches
    }

    /// What can be known of a record, by the names under which receivers may have it.
    func facts(of record: LogRecord) -> [String: String] {
        let source = record.source
        var facts = [
            "time": "\(record.time.nanoseconds)", "microseconds": "\(record.time.nanoseconds / 1000)",
            "service": source.service, "replica": "\(source.number)", "name": source.name,
            "container": source.container.rawValue, "cid": String(source.container.rawValue.prefix(12)),
            "image": source.image, "stream": record.stream.rawValue, "sequence": "\(record.sequence)",
            "severity": (record.level ?? (record.stream == .stdout ? .info : .error)).name,
        ]
        facts["project"] = source.project
        facts["level"] = record.level?.name
        if !record.flags.isEmpty { facts["flags"] = "partial,repaired" }
        for (label, value) in source.labels { facts["label.\(label)"] = value }
        if String(validating: record.line, as: UTF8.self) == nil { facts["invalid_utf8"] = "true" }
        if source.image.isEmpty { facts["image"] = nil }
        return facts
    }

    private static let start: Int64 = 1_767_225_600_123_456_789

    private static let sources = [
        LogSource(
            container: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", name: "shop-web-1",
            project: "shop", service: "web", image: "registry.example:5000/nginx:1@sha256:00ff",
            labels: ["team": "café \"quoted\" \\ ] =", "a.b/c-d e": "", "emoji": "😀", "lines": "one\ntwo\ttab"]),
        LogSource(
            container: "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210", name: "db", service: "db",
            number: 12),
        LogSource(
            container: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", name: "shop-wörker]\"\\-2",
            project: "shop", service: "wörker ]\"\\*> x", number: 2, image: "busybox", labels: ["x": "\u{1}\u{7F}"]),
    ]

    private static func plain(_ number: Int) -> [UInt8] {
        Array(
            "line \(number) of an ordinary program: GET /api/v1/items?page=\(number % 97) 200 0.0\(number % 10)s".utf8)
    }

    private static func letters(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) } }

    /// The sizes around which the engine and we divide lines; bytes that protocols use themselves; text that is none.
    private static let lines: [[UInt8]] =
        [0, 1, 2, 16383, 16384, 16385, 32768, 1 << 18, (1 << 20) - 1, 1 << 20].map(letters) + [
            Array("NUL \0 in the middle".utf8), [0], [0xFF, 0xFE, 0x41, 0xC3], [0xED, 0xA0, 0x80], [0xC3],
            Array(1..<10) + Array(11..<32) + [0x7F], Array("carriage\rreturn".utf8), Array("\t tab and space \t".utf8),
            Array("Traceback:\n  at a\n\n  at b".utf8), Array("smile 😀 café \u{2028} \u{FEFF}mark".utf8),
            Array("\u{FEFF}mark first".utf8), Array(#"{"already":"json","n":1}"#.utf8),
            Array(#""quoted" \ \n \\"#.utf8),
            Array("   ".utf8), Array("<13>1 2026-01-01T00:00:00Z host app - - - text".utf8),
            Array("12 <13>34 syslog 5 hello".utf8), Array("\r\n.\r\n.".utf8), Array("+OK\r\n-ERR x\r\nPING".utf8),
            Array("MESSAGE=x\nPRIORITY=0\n\n__CURSOR=y".utf8), Array("]]> <&amp; %s %n ${x} $(x) `x` {{x}}".utf8),
            Array(String(repeating: "😀", count: 20_000).utf8), [UInt8](repeating: 0x80, count: 20_000),
        ]
}
