import SinkAPI
import Synchronization
import Testing

@testable import LogSinks

/// What every sink does, whatever its protocol.
@Suite(.timeLimit(.minutes(5))) struct SinkConformanceTests {
    /// The sinks of which `traits` can be asked.
    private static func sinks(_ traits: SinkUnderTest.Traits = []) -> [SinkUnderTest] {
        (SinkUnderTest.http + SinkUnderTest.streams).filter { $0.traits.isSuperset(of: traits) }
    }

    @Test(arguments: sinks()) func recordsArriveInOrderUnderTheirIdentifiers(_ subject: SinkUnderTest) async throws {
        try await subject.run { sink, receiver in
            let batches = [Sample.batch(1...40), Sample.batch(41...41), Sample.batch(50...70)]
            for batch in batches { #expect(try await sink.deliver(batch).isEmpty) }
            try await eventually { receiver.received.count == 62 }
            #expect(receiver.received == batches.flatMap(subject.expected), "\(receiver.complaints)")
        }
    }

    @Test(arguments: sinks(.acknowledges)) func nothingIsAcknowledgedBeforeTheReceiverHasIt(
        _ subject: SinkUnderTest
    ) async throws {
        try await subject.run { sink, receiver in
            receiver.fail(.hold)
            let isDone = Mutex(false)
            async let delivery: Void = {
                let refused = try await sink.deliver(Sample.batch(1...20))
                #expect(refused.isEmpty)
                isDone.withLock { $0 = true }
            }()
            try await eventually { receiver.held == 1 }
            #expect(!isDone.withLock { $0 } && receiver.received.isEmpty)
            receiver.release()
            try await delivery
            #expect(receiver.received.count == 20)
        }
    }

    @Test(arguments: sinks(.acknowledges)) func anOutageIsWaitedFor(_ subject: SinkUnderTest) async throws {
        try await subject.run { sink, receiver in
            try await receiver.stop()
            #expect(await failure { try await sink.deliver(Sample.batch(1...9)) }?.isUnavailable == true)
            try await receiver.start()
            try await deliver(Sample.batch(1...9), to: sink)
            #expect(receiver.received == subject.expected(Sample.batch(1...9)))
            // The connection that is kept is dead now, which the sink may notice at its next attempt only.
            try await receiver.stop()
            try await receiver.start()
            try await deliver(Sample.batch(10...19), to: sink)
            #expect(receiver.received == subject.expected(Sample.batch(1...19)))
        }
    }

    @Test(arguments: sinks(.saysBusy)) func aBusyReceiverIsTriedAgain(_ subject: SinkUnderTest) async throws {
        try await subject.run { sink, receiver in
            receiver.fail(.busy(), .busy(retryAfter: 7))
            let batch = Sample.batch(1...9)
            #expect(await failure { try await sink.deliver(batch) }?.isUnavailable == true)
            guard case .unavailable(_, let retryAfter) = await failure({ try await sink.deliver(batch) }) else {
                Issue.record("the second busy answer is no outage")
                return
            }
            #expect(retryAfter == (subject.traits.contains(.tellsRetryAfter) ? .seconds(7) : nil))
            try await deliver(batch, to: sink)
            #expect(receiver.received == subject.expected(batch))
        }
    }

    @Test(arguments: sinks(.acknowledges)) func aResetConnectionLosesNothing(_ subject: SinkUnderTest) async throws {
        try await subject.run { sink, receiver in
            let batch = Sample.batch(1...30)
            receiver.fail(.resetBeforeStoring, .resetAfterStoring)
            #expect(await failure { try await sink.deliver(batch) }?.isUnavailable == true)
            #expect(receiver.received.isEmpty)
            #expect(await failure { try await sink.deliver(batch) }?.isUnavailable == true)
            try await deliver(batch, to: sink)
            let expected = subject.expected(batch)
            let once = subject.traits.contains(.deduplicates)
            #expect(receiver.received == expected + (once ? [] : expected))
        }
    }

    @Test(arguments: sinks(.acknowledges)) func aStalledDeliveryCanBeCancelled(_ subject: SinkUnderTest) async throws {
        try await subject.run { sink, receiver in
            receiver.fail(.hold)
            let delivery = Task { try await sink.deliver(Sample.batch(1...5)) }
            try await eventually { receiver.held == 1 }
            delivery.cancel()
            await #expect(throws: CancellationError.self) { try await delivery.value }
            receiver.release()
            try await deliver(Sample.batch(1...5), to: sink)
            #expect(Set(receiver.received.map(\.uid)).count == 5)
        }
    }

    @Test(arguments: sinks(.refusesRecords)) func aRefusedRecordTakesNoOtherAlong(
        _ subject: SinkUnderTest
    ) async throws {
        try await subject.run { sink, receiver in
            let batch = Sample.batch(1...16) { $0 == 11 ? SinkUnderTest.refusedMark : "line \($0)" }
            let refused = try await divide(batch, for: sink)
            #expect(Array(refused.keys) == [11] && refused[11]?.isEmpty == false)
            let expected = subject.expected(batch).filter { !$0.uid.hasSuffix("-11") }
            let stored = subject.traits.contains(.deduplicates) ? receiver.received : receiver.received.uniqued
            #expect(Set(stored.map(\.uid)) == Set(expected.map(\.uid)) && stored.count == 15)
        }
    }

    @Test(arguments: sinks(.authenticates)) func wrongCredentialsLoseNothing(_ subject: SinkUnderTest) async throws {
        try await subject.run(password: SinkUnderTest.wrongPassword) { sink, receiver in
            let failure = await failure { try await sink.deliver(Sample.batch(1...3)) }
            guard case .misconfigured = failure else {
                Issue.record("not misconfigured: \(String(describing: failure))")
                return
            }
            #expect(receiver.received.isEmpty)
            await #expect(throws: SinkFailure.self) { try await sink.check { _ in } }
        }
    }

    @Test(arguments: sinks()) func linesAtTheEdgesArriveAsDocumented(_ subject: SinkUnderTest) async throws {
        try await subject.run { sink, receiver in
            let lines: [[UInt8]] = [
                [], Array(repeating: 0x78, count: 1 << 20), [0x61, 0, 0x62], Array(0..<10) + Array(11..<32) + [0x7F],
                [0xFF, 0xFE, 0x41, 0xC3], [0xED, 0xA0, 0x80], Array("a\rb".utf8), Array("\"quoted\\".utf8),
                Array("smile 😀 café".utf8), Array(#"{"already":"json"}"#.utf8), Array("  spaces  ".utf8),
            ]
            // Each in a batch of its own, since a receiver may take no batch with the largest.
            for (index, record) in Sample.batch(lines: lines).records.enumerated() {
                let position = UInt64(index + 1)
                let batch = RecordBatch(epoch: "5f3c9a1e", records: [record], range: position...position)
                let refused = try await sink.deliver(batch)
                #expect(refused.isEmpty)
            }
            try await eventually { receiver.received.count == lines.count }
            for (received, line) in zip(receiver.received, lines) {
                // Of arrays of this size no difference is to be shown.
                let isSame = received.line == subject.arrival(line)
                #expect(isSame, "\(received.uid): \(received.line.prefix(40))")
            }
        }
    }

    @Test(arguments: sinks(.acknowledges)) func noFailureTellsASecret(_ subject: SinkUnderTest) async throws {
        var texts: [String] = []
        for password in [SinkUnderTest.password, SinkUnderTest.wrongPassword] {
            try await subject.run(password: password) { sink, receiver in
                let batch = Sample.batch(1...3) { "line \($0) \(SinkUnderTest.refusedMark)" }
                for fault in [ReceiverFault?.none, .busy(), .resetBeforeStoring, .resetAfterStoring] {
                    if let fault { receiver.fail(fault) }
                    if let failure = await failure({ try await sink.deliver(batch) }) { texts.append("\(failure)") }
                }
                try await receiver.stop()
                if let failure = await failure({ try await sink.deliver(batch) }) { texts.append("\(failure)") }
                do { try await sink.check { _ in } } catch { texts.append("\(error)") }
            }
        }
        #expect(!texts.isEmpty && texts.allSatisfy { !$0.isEmpty })
        for text in texts {
            #expect(!text.contains(SinkUnderTest.password) && !text.contains(SinkUnderTest.wrongPassword))
        }
    }

    @Test(arguments: sinks(.acknowledges)) func aCheckTellsItsStepsAndSendsNoRecord(
        _ subject: SinkUnderTest
    ) async throws {
        try await subject.run { sink, receiver in
            let steps = Mutex<[String]>([])
            try await sink.check { step in steps.withLock { $0.append(step) } }
            #expect(steps.withLock { $0.count } >= 2)
            #expect(receiver.received.isEmpty)
            try await receiver.stop()
            await #expect(throws: SinkFailure.self) { try await sink.check { _ in } }
        }
    }

    @Test(arguments: sinks(.keepsConnections)) func connectionsAreKeptAndClosedAtTheEnd(
        _ subject: SinkUnderTest
    ) async throws {
        let receiver = try await subject.receiver()
        let sink = try subject.sink(receiver)
        for number in 1...5 { try await deliver(Sample.batch(UInt64(number)...UInt64(number)), to: sink) }
        #expect(receiver.connections == 1)
        await sink.shutDown()
        try await eventually { receiver.connections == 0 }
        try await receiver.stop()
    }

    @Test(arguments: sinks()) func unknownSettingsAreRefused(_ subject: SinkUnderTest) async throws {
        var settings = subject.settings
        settings["tiemout"] = "3s"
        let location = try SinkLocation(parsing: subject.url(1, SinkUnderTest.password), settings: settings)
        #expect(throws: SinkConfigurationError.self) { _ = try subject.kind.make(location) }
    }
}

extension SinkFailure {
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
}

extension [ReceivedRecord] {
    /// The first of each identifier.
    var uniqued: [ReceivedRecord] {
        var seen: Set<String> = []
        return filter { seen.insert($0.uid).inserted }
    }
}

/// Waits until `condition` holds; the suite's time limit ends it otherwise.
func eventually(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// What a delivery fails with; nil where it succeeds, which is an issue for those who asked.
func failure(_ delivery: () async throws -> [UInt64: String]) async -> SinkFailure? {
    do {
        _ = try await delivery()
        return nil
    } catch let failure as SinkFailure {
        return failure
    } catch {
        Issue.record(error, "no SinkFailure")
        return nil
    }
}

/// Delivers as the shipper does, again while the receiver is unavailable; a few attempts are enough in these tests.
func deliver(_ batch: RecordBatch, to sink: any Sink) async throws {
    for attempt in 1... {
        do {
            #expect(try await sink.deliver(batch).isEmpty)
            return
        } catch let failure as SinkFailure where failure.isUnavailable && attempt < 5 {}
    }
}

/// Delivers as the shipper does: a refused batch is divided until the refused record is alone.
func divide(_ batch: RecordBatch, for sink: any Sink) async throws -> [UInt64: String] {
    do {
        return try await sink.deliver(batch)
    } catch SinkFailure.refused(let reason) {
        guard batch.records.count > 1 else { return [batch.records[0].sequence: reason] }
        let middle = batch.records.count / 2
        var refused: [UInt64: String] = [:]
        for half in [batch.records[..<middle], batch.records[middle...]] {
            guard let first = half.first, let last = half.last else { continue }
            let part = RecordBatch(epoch: batch.epoch, records: Array(half), range: first.sequence...last.sequence)
            refused.merge(try await divide(part, for: sink)) { old, _ in old }
        }
        return refused
    }
}
