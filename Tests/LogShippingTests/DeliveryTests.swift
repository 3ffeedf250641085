import EngineAPI
import LogProcessing
import LogSpool
import SinkAPI
import Synchronization
import Testing

@testable import LogShipping

@Suite(.timeLimit(.minutes(5))) struct DeliveryTests {
    /// Under failures, lost answers, refusals of whole batches and crashes, a receiver that knows records by their
    /// identifiers has each once; and a batch is the same at every attempt.
    @Test(arguments: 0..<12) func everyRecordArrivesOnce(seed: Int) async throws {
        let receivers = ["a": Receiver(), "b": Receiver()]
        let chance = Chance(seed)
        let harness = try Harness { location in
            ScriptedSink(receivers[location.kind] ?? Receiver()) { batch, _ in
                switch chance.next(10) {
                case 0...1: .fail(.unavailable("down"))
                case 2...3: .loseAnswer
                case 4: batch.records.count > 1 ? .fail(.refused("too large")) : .accept
                case 5: .fail(.misconfigured("who are you"))
                default: .accept
                }
            }
        }
        let plan = try plan(
            "a", "b",
            routes: [.init(RouteRule(services: [GlobPattern("web")], sample: 0.5), to: ["b"])])
        var count = 0
        for _ in 0..<6 {
            let shipper = try await harness.open(plan)
            for _ in 0..<chance.next(5) {
                let more = chance.next(60)
                try await shipper.append(records(count..<count + more))
                count += more
                if chance.next(2) == 0 { await shipper.flush() }
            }
            await shipper.flush()
            for _ in 0..<chance.next(300) { await Task.yield() }
            if chance.next(4) == 0 { await shipper.close() } else { await shipper.halt() }
        }
        let last = try await harness.open(plan)
        #expect(await last.drain() == [:])
        let taken = numbers(receivers["a"]?.lines ?? [])
        #expect(taken.count == count && Set(taken) == Set(0..<count))
        for receiver in receivers.values { #expect(receiver.state.withLock { $0.changedBatches } == []) }
        // What is left out is the same whatever happened.
        var filter = RouteFilter(plan.sinks[1].rules, epoch: last.spool.epoch)
        let expected = records(0..<count).enumerated().filter { index, record in
            var record = record
            record.sequence = UInt64(index + 1)
            return filter.takes(record)
        }
        let sampled = (receivers["b"]?.lines ?? []).filter { !$0.hasPrefix("log.dropped") }
        #expect(Set(sampled) == Set(expected.map(\.element.text)) && sampled.count == expected.count)
        #expect(try await last.deadLetters(of: "a").list().isEmpty)
        let failures = harness.events.withLock { events in
            events.filter { if case .spoolFails = $0 { true } else { false } }
        }
        #expect(failures == [])
        await last.close()
    }

    @Test func aStalledSinkDelaysNoOtherAndHoldsLittle() async throws {
        let (fast, slow, gate) = (Receiver(), Receiver(), Signal())
        let harness = try Harness { location in
            location.kind == "fast" ? ScriptedSink(fast) : ScriptedSink(slow) { _, _ in .stall(gate) }
        }
        let shipper = try await harness.open(try plan("fast", "slow"))
        for start in stride(from: 0, to: 1000, by: 100) { try await shipper.append(records(start..<start + 100)) }
        try await fast.has(1000)
        #expect(numbers(fast.lines) == Array(0..<1000))
        #expect(slow.state.withLock { $0.attempts } <= 3)
        #expect(slow.state.withLock { $0.batches.values.reduce(0) { $0 + $1.count } } <= 3 * 20)
        gate.raise()
        #expect(await shipper.drain() == [:])
        // Batches that were under way together arrive in any order.
        #expect(numbers(slow.lines).sorted() == Array(0..<1000))
        #expect(slow.state.withLock { $0.mostUnderWay } == 3)
        await shipper.close()
    }

    @Test(arguments: [1, 3]) func theOldestBatchAsksWhileAReceiverIsUnavailable(window: Int) async throws {
        let receiver = Receiver()
        let harness = try Harness { _ in
            let limits = BatchLimits(bytes: 4000, count: 20, age: .zero, window: window)
            return ScriptedSink(receiver, limits: limits) { _, attempt in
                attempt < 30 ? .fail(.unavailable("down")) : .accept
            }
        }
        let shipper = try await harness.open(try plan("a"))
        try await shipper.append(records(0..<200))
        #expect(await shipper.drain() == [:])
        let taken = numbers(receiver.lines)
        #expect(taken.first == 0 && taken.sorted() == Array(0..<200))
        #expect(window > 1 || taken == taken.sorted(), "one at a time keeps the order")
        // All but the oldest wait for it, and it for longer and longer.
        #expect(harness.clock.waited.count >= 25)
        #expect(harness.clock.waited.allSatisfy { $0 <= .seconds(30) })
        #expect(harness.clock.waited.prefix(3).allSatisfy { $0 <= .milliseconds(800) })
        #expect(harness.told(.unavailable(sink: "a", reason: "down")) == 1)
        #expect(harness.told(.recovered(sink: "a")) == 1)
        await shipper.close()
    }

    @Test func receiversAndPeopleAreGivenTime() async throws {
        let receiver = Receiver()
        let harness = try Harness { _ in
            ScriptedSink(receiver) { _, attempt in
                switch attempt {
                case 1: .fail(.unavailable("busy", retryAfter: .seconds(120)))
                case 2...4: .fail(.misconfigured("wrong token"))
                default: .accept
                }
            }
        }
        let shipper = try await harness.open(try plan("a"))
        try await shipper.append(records(0..<1))
        #expect(await shipper.drain() == [:])
        #expect(harness.clock.waited.first == .seconds(120))
        #expect(harness.clock.waited.dropFirst().allSatisfy { $0 >= .seconds(30) && $0 <= .seconds(60) })
        #expect(harness.clock.waited.count == 4)
        #expect(
            harness.events.withLock { $0 } == [.misconfigured(sink: "a", reason: "wrong token"), .recovered(sink: "a")])
        await shipper.close()
    }

    @Test func whatIsRefusedIsADeadLetterAndNothingElse() async throws {
        let poison = Set([7, 33, 34, 99])
        // One kind of receiver says which it refuses, the other does not.
        for saysWhich in [true, false] {
            let (receiver, mended) = (Receiver(), Signal())
            let harness = try Harness { _ in
                ScriptedSink(receiver) { batch, _ in
                    let bad = batch.records.filter { poison.contains(numbers([$0.text]).first ?? -1) }
                    if bad.isEmpty || mended.count > 0 { return .accept }
                    return saysWhich
                        ? .refuse(Dictionary(uniqueKeysWithValues: bad.map { ($0.sequence, "no") }))
                        : .fail(.refused("no"))
                }
            }
            let shipper = try await harness.open(try plan("a"))
            try await shipper.append(records(0..<100))
            #expect(await shipper.drain() == [:])
            let letters = shipper.deadLetters(of: "a")
            let list = try await letters.list()
            #expect(Set(numbers(list.compactMap(\.line))) == poison && list.count == 4)
            #expect(list.allSatisfy { $0.reason == "no" })
            let status = await shipper.status.sinks.first
            #expect(status?.deadLetters == 4 && status?.deliveredRecords == 96)
            #expect(Set(numbers(receiver.lines)) == Set(0..<100).subtracting(poison))
            await shipper.close()

            // Refused again they stay; accepted they go.
            let sink = try harness.context.make(SinkLocation(text: "", kind: "a"))
            #expect(try await letters.replay(to: sink) == DeadLetters.Replay(refused: 4))
            mended.raise()
            let down = ScriptedSink(receiver) { _, _ in
                receiver.lines.count >= 98 ? .fail(.unavailable("down")) : .accept
            }
            let half = try await letters.replay(to: down)
            #expect(half == DeadLetters.Replay(delivered: 2, failure: .unavailable("down")))
            #expect(try await letters.list() == Array(list.suffix(2)))
            #expect(try await letters.replay(to: sink) == DeadLetters.Replay(delivered: 2))
            #expect(try await letters.list().isEmpty)
            #expect(numbers(Array(receiver.lines.suffix(4))) == numbers(list.compactMap(\.line)))
        }
    }

    @Test func gapsAreToldInTheStream() async throws {
        let (receiver, gate) = (Receiver(), Signal())
        let harness = try Harness { _ in
            ScriptedSink(receiver, limits: BatchLimits(bytes: 4000, count: 20, age: .zero, window: 1)) { _, _ in
                .stall(gate)
            }
        }
        var options = SpoolOptions.small
        options.bound = 64 << 10
        let shipper = try await harness.open(try plan("a", settings: ["when_full": "drop_oldest"]), options)
        for start in stride(from: 0, to: 3000, by: 50) { try await shipper.append(records(start..<start + 50)) }
        await shipper.flush()
        gate.raise()
        #expect(await shipper.drain() == [:])
        let notices = receiver.lines.filter { $0.hasPrefix("log.gap ") }
        let lost = notices.reduce(0) { sum, line in
            sum + (line.split(separator: " ").first { $0.hasPrefix("lost=") }.flatMap { Int($0.dropFirst(5)) } ?? 0)
        }
        #expect(!notices.isEmpty && lost > 0)
        #expect(numbers(receiver.lines.filter { $0.hasPrefix("line") }).count + lost == 3000)
        #expect(await shipper.status.sinks.first?.lost == UInt64(lost))
        await shipper.close()
    }
}

/// Random numbers for several tasks.
private final class Chance: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: Int) { state = Mutex(UInt64(seed) &* 0x2545_F491_4F6C_DD1D &+ 1) }

    func next(_ bound: Int) -> Int {
        state.withLock { state in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, bound)
        }
    }
}
