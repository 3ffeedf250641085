import EngineAPI
import LogSpool
import SinkAPI

/// The way of what was read to the store: through the stages, past what the store has, with the position behind it.
extension ContainerCapture {
    /// Takes records that were followed.
    func takeFollowed(_ records: consuming [LogRecord]) async throws {
        var new = records
        guard let time = new.last?.time else { return }
        early?.stop()
        status.lag = .nanoseconds(max(0, EngineTime.now().nanoseconds - time.nanoseconds))
        guard account.drops else { return try await takeWhole(consume new) }
        let count = new.count
        if account.follow(&new) { policy?.suspect() }
        policy?.followed(bytes: new.byteCount, lines: new.count, lag: status.lag)
        status.duplicates += count - new.count
        var output: [LogRecord] = []
        pass(consume new, into: &output)
        try await send(consume output)
        if policy?.isPending == true { pendings.offer(()) }
    }

    /// Takes records of a whole reading.
    ///
    /// - Parameter repairs: what takes the lines that following left out.
    func takeWhole(_ records: consuming [LogRecord], _ repairs: inout Repairs) async throws {
        var output: [LogRecord] = []
        let all = records
        if streams.contains(where: \.mayHold), all.count > 1 {
            // The last record alone: it may be where what is held back begins.
            takeWhole(Array(all.dropLast()), &repairs, into: &output)
            takeWhole(Array(all.suffix(1)), &repairs, into: &output)
        } else if !all.isEmpty {
            takeWhole(consume all, &repairs, into: &output)
        }
        try await send(consume output)
    }

    private func takeWhole(
        _ records: consuming [LogRecord], _ repairs: inout Repairs, into output: inout [LogRecord]
    ) {
        let before = OutputStream.allCases.map(account.place)
        var new = records
        let count = new.count
        if let gap = account.read(&new) {
            status.gaps += 1
            // Nothing need be new behind it: what comes then may have been followed.
            output.append(gap.record(of: source, on: new.first?.stream ?? .stdout))
        }
        // What an audit meets again was asked for again.
        if !account.drops { status.duplicates += count - new.count }
        if account.repaired > status.repaired {
            status.repaired = account.repaired
            repairs.take(&new, into: &output)
        }
        pass(consume new, before: before, into: &output)
    }

    func takeWhole(_ records: consuming [LogRecord]) async throws {
        var repairs = Repairs(source, surroundings.options)
        try await takeWhole(records, &repairs)
    }

    /// Passes new records through the stages, each stream by itself.
    ///
    /// - Parameter before: the places of both streams before them.
    func pass(_ records: consuming [LogRecord], before: [StreamPlace?] = [nil, nil], into output: inout [LogRecord]) {
        let all = records
        guard let first = all.first?.stream else { return settleAll() }
        if all.indices.contains(where: { all[$0].stream != first }) {
            for stream in OutputStream.allCases {
                pass(all.filter { $0.stream == stream }, of: stream, before: before, into: &output)
            }
        } else {
            pass(consume all, of: first, before: before, into: &output)
        }
        settleAll()
        if streams.contains(where: \.isHolding) { pendings.offer(()) }
    }

    private func pass(
        _ records: consuming [LogRecord], of stream: OutputStream, before: [StreamPlace?],
        into output: inout [LogRecord]
    ) {
        let index = ContainerCapture.index(stream)
        let isFree = streams[index].take(
            records, before: before[index], after: account.place(of: stream), into: &output)
        if isFree { pending?.holding.remove(stream) }
    }

    /// The place of a stream that nothing came of may have moved past what was known already.
    private func settleAll() {
        for stream in OutputStream.allCases {
            streams[ContainerCapture.index(stream)].move(to: account.place(of: stream))
        }
    }

    /// What the stages of these streams hold back.
    func flushed(_ ended: [OutputStream]) -> [LogRecord] {
        var output: [LogRecord] = []
        for stream in ended {
            let index = ContainerCapture.index(stream)
            streams[index].flush(place: account.place(of: stream), into: &output)
            pending?.holding.remove(stream)
        }
        return output
    }

    /// The place that an audit has come to becomes the position when nothing before it is held back any more.
    func pend() {
        let held = OutputStream.allCases.filter { streams[ContainerCapture.index($0)].isHolding }
        guard let since = account.resumption(of: OutputStream.allCases.map(account.place)) else { return }
        let place = OutputPlace(
            stdout: account.place(of: .stdout), stderr: account.place(of: .stderr),
            since: min(since, account.openTime?.nanoseconds ?? since))
        pending = (place, Set(held))
    }

    var latestPlace: StreamPlace? {
        OutputStream.allCases.compactMap(account.place).max { $0.time < $1.time }
    }

    /// The place behind which a reading would have to go on if this were the end.
    private var settledPlace: OutputPlace? {
        if account.drops { return pending?.holding.isEmpty == true ? pending?.place : nil }
        guard let latest = account.resumption(of: streams.map(\.settled)) else { return nil }
        let held = streams.compactMap { $0.heldSince?.nanoseconds }
        let since = ([latest, account.openTime?.nanoseconds].compactMap { $0 } + held).min() ?? latest
        return OutputPlace(stdout: streams[0].settled, stderr: streams[1].settled, since: since)
    }

    func batch(of records: consuming [LogRecord]) -> RecordOutbox.Batch {
        var new = records
        if !stored.isEmpty { new.removeAll { isStored($0) } }
        let batch = RecordOutbox.Batch(records: new, bytes: new.byteCount)
        status.records += new.count
        status.bytes += batch.bytes
        return batch
    }

    private func isStored(_ record: LogRecord) -> Bool {
        let identity = RecordIdentity(record)
        guard let count = stored[identity] else { return false }
        stored[identity] = count > 1 ? count - 1 : nil
        status.duplicates += 1
        return true
    }

    func send(_ records: consuming [LogRecord]) async throws {
        var batch = batch(of: consume records)
        if let place = settledPlace, place != noted {
            noted = place
            batch.position = CapturePosition(container: source.container, content: place.encoded)
        }
        if account.drops, pending?.holding.isEmpty == true { pending = nil }
        guard !batch.records.isEmpty || batch.position != nil else { return }
        try await outbox.send(batch)
    }
}

extension [LogRecord] {
    /// Of the lines.
    var byteCount: Int { indices.reduce(0) { $0 + self[$1].line.count } }
}
