import LogSinks
import SinkAPI
import Testing

/// Every sink for which Debian has a receiver: what is read back there, by the receiver's own means, is what was sent.
@Suite struct InteropScenarios {
    /// What a protocol carries.
    struct Expectation: Sendable {
        /// The facts that it has of each record, where the record has them.
        var facts: Set<String>
        /// How a line arrives.
        var line: @Sendable ([UInt8]) -> [UInt8] = { $0 }
        var keepsOrder = true
    }

    /// How many records are sent to each.
    private static let count = Proof.isFull ? 10_000 : 1_000
    private static let patience: Duration = .seconds(120)

    /// By receiver and variant.
    private static let expectations: [String: [String: Expectation]] = [
        "rsyslog": ["udp": rsyslog, "tcp": rsyslog, "tls": rsyslog, "relp": rsyslog, "relp+tls": rsyslog],
        "syslog_ng": [
            // It ends a text at a NUL that nothing follows.
            "tcp": Expectation(facts: syslog.facts) { $0.last == 0 ? $0.dropLast() : $0 }
        ],
        "redis": ["streams": Expectation(facts: all.subtracting(["sequence", "invalid_utf8"]))],
        "nats": ["JetStream": Expectation(facts: all, line: repaired)],
        "journal": [
            "journald": Expectation(facts: journal.union(["time"])),
            "journal-remote": Expectation(facts: journal.union(["microseconds"])),
        ],
        "s3": ["objects": Expectation(facts: all, line: repaired, keepsOrder: false)],
        "local": [
            "files": Expectation(facts: all, line: repaired),
            "sqlite": Expectation(facts: [
                "time", "project", "service", "replica", "name", "container", "stream", "level",
            ]),
        ],
    ]

    private static let all: Set<String> = [
        "time", "project", "service", "replica", "name", "container", "image", "stream", "level", "sequence", "label",
        "flags", "invalid_utf8",
    ]
    private static let journal: Set<String> = [
        "severity", "name", "stream", "container", "service", "project", "image",
    ]
    private static let syslog = Expectation(
        facts: ["microseconds", "severity", "service", "name", "cid", "project", "stream"])
    /// rsyslog writes NUL as text, and leaves out one at the end.
    private static let rsyslog = Expectation(facts: syslog.facts) { line in
        (line.last == 0 ? line.dropLast() : line[...]).flatMap { $0 == 0 ? Array("#000".utf8) : [$0] }
    }
    private static let repaired: @Sendable ([UInt8]) -> [UInt8] = { Array(String(decoding: $0, as: UTF8.self).utf8) }

    @Test(arguments: expectations.keys.sorted()) func whatIsSentMustArriveOnceAndAsItWas(name: String) async throws {
        let expectations = Self.expectations[name] ?? [:]
        try await Gate.shared.enter(alone: false) {
            try await Receiver.with(name) { receiver in
                #expect(Set(receiver.urls.keys) == Set(expectations.keys))
                for (variant, url) in receiver.urls.sorted(by: { $0.key < $1.key }) {
                    guard let expectation = expectations[variant] else { continue }
                    try await Self.send(to: receiver, variant, url, expectation, "\(name), \(variant)")
                }
                for (why, url) in receiver.refused.sorted(by: { $0.key < $1.key }) {
                    try await Self.expectRefusal(why, url)
                }
            }
        }
    }

    private static func send(
        to receiver: Receiver, _ variant: String, _ url: String, _ expectation: Expectation, _ title: String
    ) async throws {
        let records = HostileRecords(count)
        let sink = try SinkCatalog.make(SinkLocation(parsing: url))
        try await sink.check { _ in }
        for batch in records.batches(sink.limits) { #expect(try await sink.deliver(batch).isEmpty) }
        await sink.shutDown()
        try await withDeadline(patience, "the arrival at \(title)") {
            while try await receiver.count(variant) < count { try await Task.sleep(for: .milliseconds(50)) }
        }
        let arrivals = try await receiver.arrivals(variant)
        let missing = Set(records.batch.records.map { records.batch.uid(of: $0) }).subtracting(arrivals.map(\.uid))
        let doubled = arrivals.count - Set(arrivals.map(\.uid)).count
        print("T17 \(title): \(count) records, \(missing.count) lost, \(doubled) doubled")
        #expect(missing.isEmpty && doubled == 0)
        var wrong: [String] = []
        var last: UInt64 = 0
        for arrival in arrivals {
            guard let sequence = arrival.uid.split(separator: "-").last.flatMap({ UInt64($0) }),
                (1...UInt64(count)).contains(sequence)
            else {
                wrong.append("\(arrival.uid) was never sent")
                continue
            }
            let record = records.batch.records[Int(sequence) - 1]
            if expectation.keepsOrder, sequence <= last { wrong.append("\(sequence) comes after \(last)") }
            last = sequence
            let expected = records.facts(of: record).filter { fact, _ in
                expectation.facts.contains(fact) || fact.hasPrefix("label.") && expectation.facts.contains("label")
            }
            if arrival.facts != expected {
                let differing = Set(arrival.facts.keys).union(expected.keys).sorted().filter {
                    arrival.facts[$0] != expected[$0]
                }
                let told = differing.map { "\($0): \(arrival.facts[$0] ?? "none"), not \(expected[$0] ?? "none")" }
                wrong.append("\(sequence) has \(told.joined(separator: "; "))")
            }
            let line = expectation.line(Array(record.line))
            if Array(arrival.line) != line {
                wrong.append(
                    "\(sequence) is \(Array(arrival.line.prefix(60))) (\(arrival.line.count)), not \(line.prefix(60)) (\(line.count))"
                )
            }
        }
        #expect(
            wrong.isEmpty,
            "\(title): \(wrong.count) are not what was sent:\n\(wrong.prefix(12).joined(separator: "\n"))")
    }

    /// A receiver that is not the one we trust, or does not let us in, gets nothing, and a sentence says why.
    private static func expectRefusal(_ why: String, _ url: String) async throws {
        let sink = try SinkCatalog.make(SinkLocation(parsing: url))
        let batch = HostileRecords(3).batch
        var failure: SinkFailure?
        do { _ = try await sink.deliver(batch) } catch let thrown as SinkFailure { failure = thrown }
        await sink.shutDown()
        guard case .misconfigured(let sentence) = failure else {
            Issue.record("\(why): \(failure.map { "\($0)" } ?? "it was taken")")
            return
        }
        print("\(why): \(sentence)")
        #expect(sentence.contains("127.0.0.1") && !sentence.contains("-horse"))
    }
}
