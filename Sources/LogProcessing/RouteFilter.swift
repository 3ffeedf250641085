import EngineAPI
package import SinkAPI

/// Tells which records a sink gets: those that one of its rules takes. Records come in the spool's order.
///
/// All but the rate limit looks at one record alone, so that a batch which is formed again has the same records. Rates are
/// counted anew after a restart: a batch that was under way may have more of a container's records then, never fewer.
package struct RouteFilter: Sendable {
    /// What one container's records need, found once.
    private struct Entry {
        var source: LogSource
        let rules: [Int]
        /// What the sampling begins with.
        let seed: UInt64
        /// By rule: the second that is counted, and how many it had.
        var second: [Int64]
        var count: [Int]
    }

    /// What is dropped for one cause and not announced yet.
    private struct Account {
        var count = 0
        var since: EngineTime?
        var announced: EngineTime?
        /// The last record dropped since notices were asked for: its position is free.
        var last: LogRecord?
    }

    /// Far more containers than write at once; with more, rates are counted anew.
    private static let mostSources = 4096
    /// Between two notices of one cause, in nanoseconds of the engine's clock.
    private static let noticeInterval: Int64 = 60_000_000_000

    private let rules: [RouteRule]
    private let epoch: String
    private let thresholds: [UInt64]
    /// Whether the sink gets every record.
    package let takesAll: Bool
    private var entries: [Entry] = []
    private var places: [ObjectIdentifier: Int] = [:]
    private var containers: [LogSource: Int] = [:]
    private var latest = -1
    private var accounts = [Account](repeating: Account(), count: DropCause.allCases.count)
    /// How many records were dropped, by cause.
    package private(set) var dropped = [UInt64](repeating: 0, count: DropCause.allCases.count)

    /// - Parameter epoch: the spool's, which is part of records' identifiers.
    package init(_ rules: [RouteRule], epoch: String) {
        self.rules = rules
        self.epoch = epoch
        takesAll = rules.first == RouteRule()
        thresholds = rules.map { $0.sample >= 1 ? .max : $0.sample > 0 ? UInt64($0.sample * 0x1p64) : 0 }
    }

    /// Whether the sink gets a record. Notices are for all whose route is for the container.
    package mutating func takes(_ record: LogRecord) -> Bool {
        let place = place(of: record.source)
        if record.flags.contains(.notice) { return !entries[place].rules.isEmpty }
        var cause: DropCause?
        for number in entries[place].rules where rules[number].selects(record) {
            cause = drops(record, number, place)
            if cause == nil { return true }
        }
        if let cause { note(record, cause) }
        return false
    }

    private mutating func drops(_ record: LogRecord, _ number: Int, _ place: Int) -> DropCause? {
        if rules[number].excludes(record.line) { return .pattern }
        if thresholds[number] != .max,
            RouteFilter.mix(entries[place].seed ^ record.sequence) >= thresholds[number]
        {
            return .sampling
        }
        guard let rate = rules[number].rate else { return nil }
        let second = record.time.nanoseconds / 1_000_000_000
        if second > entries[place].second[number] {
            entries[place].second[number] = second
            entries[place].count[number] = 0
        }
        guard entries[place].count[number] < rate else { return .rate }
        entries[place].count[number] += 1
        return nil
    }

    // MARK: Containers

    private mutating func place(of source: LogSource) -> Int {
        if latest >= 0, entries[latest].source === source { return latest }
        if let place = places[ObjectIdentifier(source)] {
            latest = place
        } else if let place = containers[source] {
            // The same container, described again.
            places[ObjectIdentifier(entries[place].source)] = nil
            entries[place].source = source
            places[ObjectIdentifier(source)] = place
            latest = place
        } else {
            latest = add(source)
        }
        return latest
    }

    private mutating func add(_ source: LogSource) -> Int {
        if entries.count == RouteFilter.mostSources {
            entries = []
            places = [:]
            containers = [:]
        }
        let batch = RecordBatch(epoch: epoch, records: [], range: 0...0)
        let first = LogRecord(source: source, stream: .stdout, time: EngineTime(nanoseconds: 0), line: [])
        entries.append(
            Entry(
                source: source, rules: rules.indices.filter { rules[$0].selects(source) },
                seed: RouteFilter.hash(batch.uid(of: first).utf8), second: rules.map { _ in .min },
                count: rules.map { _ in 0 }))
        places[ObjectIdentifier(source)] = entries.count - 1
        containers[source] = entries.count - 1
        return entries.count - 1
    }

    /// FNV-1a, 64 bits: the same in every process.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The end of SplitMix64: spreads what differs in few bits over all.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    // MARK: Notices

    private mutating func note(_ record: LogRecord, _ cause: DropCause) {
        dropped[cause.rawValue] += 1
        accounts[cause.rawValue].count += 1
        if accounts[cause.rawValue].since == nil { accounts[cause.rawValue].since = record.time }
        accounts[cause.rawValue].last = record
    }

    /// Notices of what was dropped, ascending. Each stands in the place of a record that was dropped since the last call, so
    /// that it has an identifier of its own. At most one a minute for each cause; what is dropped after it is told with
    /// the next.
    package mutating func notices() -> [LogRecord] {
        var notices: [LogRecord] = []
        for cause in DropCause.allCases {
            guard let last = accounts[cause.rawValue].last.take() else { continue }
            let account = accounts[cause.rawValue]
            if let announced = account.announced {
                let (distance, isFar) = last.time.nanoseconds.subtractingReportingOverflow(announced.nanoseconds)
                if !isFar, distance.magnitude < RouteFilter.noticeInterval { continue }
            }
            let since = min(account.since ?? last.time, last.time)
            let line =
                "log.dropped from=\(since.rfc3339) to=\(last.time.rfc3339) count=\(account.count) "
                + "reason=\"\(cause.reason)\""
            notices.append(
                LogRecord(
                    source: last.source, stream: last.stream, time: last.time, line: Array(line.utf8)[...],
                    flags: .notice, sequence: last.sequence))
            accounts[cause.rawValue] = Account(announced: last.time)
        }
        return notices.sorted { $0.sequence < $1.sequence }
    }
}
