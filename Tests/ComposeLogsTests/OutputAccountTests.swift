import EngineAPI
import SinkAPI
import Testing

@testable import ComposeLogs

/// Numbers that are the same in each run.
struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 2 + 1 }
    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(sides))
    }
}

@Suite struct OutputAccountTests {
    /// A container's output as an engine keeps it: streams mixed, runs of equal times, long lines in parts with equal
    /// bytes, and a clock that is set by an hour.
    private static func output(_ dice: inout Dice, count: Int, clockSteps: Bool) -> [LogRecord] {
        var shift: Int64 = 1_700_000_000_000_000_000
        var step = clockSteps ? dice.roll(count) : .max
        var lines: [LogRecord] = []
        while lines.count < count {
            let stream: OutputStream = dice.roll(3) == 0 ? .stderr : .stdout
            if lines.count >= step { (shift, step) = (shift + Int64([-1, 1][dice.roll(2)]) * 3_600_000_000_000, .max) }
            shift += Int64(dice.roll(4)) * 400_000_000
            let last = lines.last.flatMap { $0.stream == stream ? $0.time.nanoseconds : nil }
            let time = dice.roll(5) == 0 ? (last ?? shift) : shift + Int64(lines.count)
            if dice.roll(20) == 0 {
                let text = "long \(lines.count)"
                for part in 0..<3 {
                    var record = record(text, at: time, on: stream)
                    if part < 2 { record.flags = .partial }
                    lines.append(record)
                }
            } else {
                lines.append(record("line \(lines.count)", at: time, on: stream))
            }
        }
        return lines
    }

    private static func chunks(_ records: [LogRecord], _ dice: inout Dice) -> [[LogRecord]] {
        var rest = records[...]
        var chunks: [[LogRecord]] = []
        while !rest.isEmpty {
            let size = 1 + dice.roll(7)
            chunks.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return chunks
    }

    private static func texts(_ records: [LogRecord]) -> [String] {
        records.map { "\($0.stream) \($0.time.nanoseconds) \(String(decoding: $0.line, as: UTF8.self))" }
    }

    private func place(of account: OutputAccount, since: Int64) -> OutputPlace {
        OutputPlace(stdout: account.place(of: .stdout), stderr: account.place(of: .stderr), since: since)
    }

    @Test(arguments: [false, true], 0..<40)
    func aReadingThatIsBegunAgainAnywhereGivesEachLineOnce(clockSteps: Bool, seed: Int) throws {
        var dice = Dice(UInt64(seed))
        let output = Self.output(&dice, count: 60, clockSteps: clockSteps)
        for cut in stride(from: 1, to: output.count, by: 3) where !output[cut - 1].flags.contains(.partial) {
            var first = OutputAccount()
            first.beginReading(since: nil)
            var taken: [LogRecord] = []
            for var chunk in Self.chunks(Array(output[..<cut]), &dice) {
                #expect(first.read(&chunk) == nil)
                taken += chunk
            }
            let since = try #require(
                first.resumption(of: [first.place(of: .stdout), first.place(of: .stderr)]))
            let kept = try #require(OutputPlace(encoded: place(of: first, since: since).encoded))
            var second = OutputAccount(place: kept)
            let from = try #require(second.since(now: output[cut].time))
            second.beginReading(since: from)
            let reply = Array(output.drop { $0.time < from })
            for var chunk in Self.chunks(reply, &dice) {
                #expect(second.read(&chunk) == nil)
                taken += chunk
            }
            #expect(Self.texts(taken) == Self.texts(output), "cut at \(cut)")
        }
    }

    /// Following leaves parts out and gives others twice; audits come at any time, and in the end.
    @Test(arguments: [false, true], 0..<60)
    func followingAndAuditsTogetherGiveEachLineOnce(clockSteps: Bool, seed: Int) {
        var dice = Dice(UInt64(1000 + seed))
        let output = Self.output(&dice, count: 120, clockSteps: clockSteps)
        var account = OutputAccount(drops: true)
        var taken: [LogRecord] = []
        account.beginFollowing()
        var position = 0
        var written = 0
        func audit(through end: Int) {
            let from = account.since(now: output[end - 1].time) ?? EngineTime(nanoseconds: .min)
            let until = (end < output.count ? account.auditEnd : nil) ?? EngineTime(nanoseconds: .max)
            account.beginReading(since: from)
            for var chunk in Self.chunks(
                Array(output[..<end].drop { $0.time < from }.prefix { $0.time < until }), &dice)
            {
                #expect(account.read(&chunk) == nil)
                taken += chunk
            }
            account.endReading()
        }
        func lineStart(_ position: Int) -> Int {
            (min(position, output.count)...output.count).first { $0 == 0 || !output[$0 - 1].flags.contains(.partial) }
                ?? 0
        }
        while position < output.count {
            var batch = Array(output[position..<lineStart(position + 1 + dice.roll(9))])
            position += batch.count
            written = max(written, min(output.count, position + dice.roll(20)))
            switch dice.roll(6) {
            case 0 where position > 10: position = lineStart(position + dice.roll(30))
            case 1: batch += output[lineStart(max(0, position - batch.count - dice.roll(12)))..<position]
            default: break
            }
            written = max(written, position)
            _ = account.follow(&batch)
            taken += batch
            if dice.roll(8) == 0 { audit(through: written) }
        }
        audit(through: output.count)
        #expect(Self.texts(taken).sorted() == Self.texts(output).sorted())
        #expect(account.repaired == taken.filter { $0.flags.contains(.repaired) }.count)
    }

    @Test func lineThatIsGoneIsAGap() {
        var account = OutputAccount()
        account.beginReading(since: nil)
        var first = [record("a", at: 5_000_000_000), record("e", at: 5_000_000_001, on: .stderr)]
        #expect(account.read(&first) == nil)
        account.beginReading(since: nil)
        var later = [record("c", at: 9_000_000_000)]
        let gap = LogGap(from: 5_000_000_001, to: 9_000_000_000, reason: LogGap.rotated)
        #expect(account.read(&later) == gap && later.count == 1)
        let notice = gap.record(of: source(), on: .stdout)
        #expect(notice.flags == .notice)
        #expect(
            String(decoding: notice.line, as: UTF8.self)
                == #"log.gap from=1970-01-01T00:00:05.000000001Z to=1970-01-01T00:00:09.000000000Z read=0 reason="\#(gap.reason)""#
        )
        // A stream that was silent for long is no gap.
        account.beginReading(since: nil)
        var next = [record("c", at: 9_000_000_000), record("f", at: 9_000_000_001, on: .stderr)]
        #expect(account.read(&next) == nil && next.count == 1)
    }

    @Test func whatTheEngineDroppedWhileItWasFollowedIsAGap() {
        var account = OutputAccount(drops: true)
        var followed = (1...4).map { record("\($0)", at: Int64($0) * 1_000_000_000) }
        #expect(!account.follow(&followed) && followed.count == 4)
        account.beginReading(since: nil)
        var kept = (3...9).map { record("\($0)", at: Int64($0) * 1_000_000_000) }
        #expect(
            account.read(&kept)
                == LogGap(from: 1_000_000_000, to: 3_000_000_000, read: 1, reason: LogGap.unchecked))
        #expect(Self.texts(kept) == Self.texts((5...9).map { record("\($0)", at: Int64($0) * 1_000_000_000) }))
        #expect(account.repaired == 0)
    }

    @Test func positionOfAnotherKindIsNone() {
        let place = OutputPlace(stdout: nil, stderr: StreamPlace(time: -1, identity: .max, count: 3, high: 7), since: 4)
        let bytes = place.encoded
        #expect(OutputPlace(encoded: bytes) == place && bytes.count < 80)
        #expect(OutputPlace(encoded: []) == nil && OutputPlace(encoded: Array(bytes.dropLast())) == nil)
        #expect(OutputPlace(encoded: bytes + [0]) == nil && OutputPlace(encoded: [9] + bytes.dropFirst()) == nil)
    }

    @Test(
        arguments: [
            (nil, nil), ("json-file", nil), ("json-file max-size=0", nil), ("none", nil), ("local", (20_000_000, 5)),
            ("json-file max-size=10m max-file=3", (10_000_000, 3)), ("json-file max-size=1.5K", (1500, 1)),
            ("local max-size=1MiB", (1_000_000, 5)), ("fluentd", (20_000_000, 5)), ("k8s-file", nil),
            ("journald cache-max-size=5g cache-max-file=2", (5_000_000_000, 2)),
        ] as [(String?, (Int, Int)?)])
    func knowsWhatAnEngineKeeps(_ text: String?, _ expected: (Int, Int)?) {
        let words = text?.split(separator: " ").map(String.init)
        let options = (words ?? []).dropFirst().map { $0.split(separator: "=").map(String.init) }
        let logging = words.map { words in
            LoggingSpec(driver: words[0], options: Dictionary(uniqueKeysWithValues: options.map { ($0[0], $0[1]) }))
        }
        let retention = Retention(logging)
        #expect(retention?.fileSize == expected?.0 && retention?.files == expected?.1)
    }

    @Test func auditsAreDueBeforeTheEngineDropsWhatItLeftOutAndRestBetween() throws {
        let logging = LoggingSpec(driver: "local", options: ["max-size": "1000000", "max-file": "5"])
        var policy = AuditPolicy(try #require(Retention(logging)))
        policy.followed(bytes: 200_000, lines: 1, lag: .zero)
        #expect(!policy.isPending && !policy.isDue)
        policy.followed(bytes: 60_000, lines: 1, lag: .zero)
        #expect(policy.isDue)
        policy.begin()
        policy.end(after: .seconds(2))
        policy.followed(bytes: 260_000, lines: 1, lag: .zero)
        #expect(policy.isPending && !policy.isDue)
        policy.followed(bytes: 750_000, lines: 1, lag: .zero)
        #expect(policy.isDue, "a quarter of all files is not put off")
        policy.begin()
        policy.followed(bytes: 1, lines: 1, lag: AuditPolicy.longestLag + .milliseconds(1))
        policy.rested(.seconds(39))
        #expect(policy.isPending && !policy.isDue)
        policy.rested(.seconds(1))
        #expect(policy.isDue)
        policy.begin()
        policy.followed(bytes: 0, lines: AuditPolicy.mostLines, lag: .zero)
        #expect(policy.isDue)
    }
}
