import EngineAPI
import FoundationEssentials
import LogProcessing
import LogSpool
import SinkAPI
import Synchronization
import Testing

@testable import LogShipping

@Suite(.timeLimit(.minutes(5))) struct ShipperTests {
    @Test func reloadTouchesOnlyWhatChanges() async throws {
        let receivers = Dictionary(uniqueKeysWithValues: ["a", "b", "c", "d"].map { ($0, Receiver()) })
        let made = Made()
        let harness = try Harness { location in
            made.kinds.withLock { $0.append(location.kind) }
            if location.kind == "wrong" { throw SinkConfigurationError("wrong") }
            return ScriptedSink(receivers[location.kind] ?? Receiver())
        }
        let shipper = try await harness.open(try plan("a", "b", "c"))
        try await shipper.append(records(0..<100))
        #expect(await shipper.drain() == [:])
        let next = try ShippingPlan(
            sinks: plan("a", "d").sinks + plan("b", settings: ["batch.count": "7"]).sinks)
        let changes = try await shipper.reload(next)
        #expect(changes.kept.map(\.name) == ["a"] && changes.changed.map(\.name) == ["b"])
        #expect(changes.begun.map(\.name) == ["d"] && changes.ended.map(\.name) == ["c"])
        #expect(
            made.kinds.withLock { $0 } == ["a", "b", "c", "b", "d"]
                || made.kinds.withLock { $0 } == ["a", "b", "c", "d", "b"])
        #expect(await shipper.spool.sinks == ["a", "b", "d"])
        await #expect(throws: SinkConfigurationError.self) { try await shipper.reload(try plan("a", "wrong")) }
        try await shipper.append(records(100..<150))
        #expect(await shipper.drain() == [:])
        #expect(numbers(receivers["a"]?.lines ?? []) == Array(0..<150))
        #expect(numbers(receivers["b"]?.lines ?? []) == Array(0..<150))
        #expect(numbers(receivers["c"]?.lines ?? []) == Array(0..<100))
        #expect(receivers["b"]?.state.withLock { $0.changedBatches } == [])
        await shipper.close()
        // What the plan does not have when it is opened goes too.
        let again = try await harness.open(try plan("a"))
        #expect(await again.spool.sinks == ["a"])
        await again.close()
    }

    @Test func aMistakeInThePlanLeavesTheSpoolAsItIs() async throws {
        let harness = try Harness { _ in throw SinkConfigurationError("no such host") }
        await #expect(throws: SinkConfigurationError.self) { try await harness.open(try plan("a")) }
        #expect(!FileManager.default.fileExists(atPath: harness.folder.spool))
    }

    @Test func drainSendsWhatWaitsAndSaysWhatIsLeft() async throws {
        let (good, bad, gate) = (Receiver(), Receiver(), Signal())
        let limits = BatchLimits(age: .seconds(3600))
        let clock = TestClock(holding: [.seconds(3600), .seconds(77)])
        let harness = try Harness(clock) { location in
            location.kind == "good"
                ? ScriptedSink(good, limits: limits) : ScriptedSink(bad, limits: limits) { _, _ in .stall(gate) }
        }
        let shipper = try await harness.open(try plan("good", "bad"))
        try await shipper.append(records(0..<10))
        async let left = shipper.drain(within: .seconds(77))
        try await good.has(10)
        clock.release(.seconds(77))
        // The wait may begin later than the release.
        try await eventually { bad.attempts > 0 }
        gate.raise()
        let remaining = await left
        #expect(remaining == ["bad": 10] || remaining == [:])
        #expect(await shipper.drain() == [:])
        #expect(numbers(bad.lines) == Array(0..<10))
        await shipper.close()
    }

    @Test func whatIsTakenBecomesDurableInOrder() async throws {
        let harness = try Harness { _ in ScriptedSink(Receiver()) }
        let shipper = try await harness.open(try ShippingPlan(sinks: []))
        let container = ContainerID(rawValue: "c")
        for number in 0..<200 {
            let position = CapturePosition(container: container, content: [UInt8(number)])
            try await shipper.append(records(number * 10..<number * 10 + 10, padding: 900), positions: [position])
        }
        try await shipper.append([])
        try await shipper.append([], positions: [CapturePosition(container: container, content: [255])])
        await shipper.flush()
        #expect(await shipper.spool.metrics.last == 2000)
        #expect(shipper.spool.position(of: container) == [255])
        await shipper.close()
        await #expect(throws: SpoolError.self) { try await shipper.append(records(0..<1)) }
    }

    @Test func statusAndAlarmShowASinkThatIsBehind() async throws {
        let gate = Signal()
        let receiver = Receiver()
        let harness = try Harness { _ in ScriptedSink(receiver) { _, _ in .stall(gate) } }
        let shipper = try await harness.open(try plan("a"))
        try await shipper.append(records(0..<10))
        try await eventually { receiver.attempts > 0 }
        harness.time.withLock { $0 = EngineTime(nanoseconds: $0.nanoseconds + 100_000_000_000) }
        try await eventually {
            harness.clock.release(.seconds(1))
            return harness.told(.behind(sink: "a", seconds: 100)) > 0
        }
        let sink = await shipper.status.sinks.first
        #expect(sink?.isBehind == true && sink?.backlogRecords == 10 && sink?.batchesUnderWay == 1)
        #expect(sink?.backlogAgeSeconds == 100 && sink?.location == "test:a" && sink?.state == .shipping)
        try await eventually {
            harness.clock.release(.seconds(1))
            return try ShippingStatus.read(spool: harness.folder.spool)?.sinks.first?.isBehind == true
        }
        #expect(harness.registry.text().contains("gantry_ship_backlog_age_seconds{sink=\"a\"} 100\n"))
        gate.raise()
        #expect(await shipper.drain() == [:])
        try await eventually {
            harness.clock.release(.seconds(1))
            return harness.told(.caughtUp(sink: "a")) > 0
        }
        #expect(harness.told(.behind(sink: "a", seconds: 100)) == 1)
        #expect(harness.registry.text().contains("gantry_ship_records_total{sink=\"a\"} 10\n"))
        await shipper.close()
    }
}

private final class Made: Sendable {
    let kinds = Mutex<[String]>([])
}
