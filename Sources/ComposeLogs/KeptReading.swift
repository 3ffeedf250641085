import EngineAPI
package import SinkAPI

/// Shows what is kept of removed containers: `logs --previous`.
package struct KeptReading: Sendable {
    private let kept: KeptOutput
    private let isWanted: @Sendable (LogSource) -> Bool
    private let options: LogReader.Options
    private let sink: any LogSink

    /// - Parameter options: `follow` has no effect, as nothing more is written.
    package init(
        _ kept: KeptOutput, of isWanted: @escaping @Sendable (LogSource) -> Bool, options: LogReader.Options,
        sink: any LogSink
    ) {
        self.kept = kept
        self.isWanted = isWanted
        self.options = options
        self.sink = sink
    }

    /// Writes the lines in the order of their times, and after each container's that it was removed.
    ///
    /// - Returns: whether anything is kept of the containers.
    /// - Throws: ``OutputFailure`` where the sink takes no more.
    package func run() async throws -> Bool {
        let containers = kept.containers(isWanted)
        sink.register(containers.map(\.source))
        var merge = TimeMerge()
        for (number, container) in containers.enumerated() {
            let records = shown(of: container)
            if !records.isEmpty { merge.add(records, from: number) }
        }
        while !merge.isEmpty {
            var batch: [LogRecord] = []
            _ = merge.take(LogReader.batchSize, into: &batch)
            try await sink.write(batch)
        }
        return !containers.isEmpty
    }

    private func shown(of container: KeptOutput.Container) -> [LogRecord] {
        var records = container.records.filter { record in
            options.since.map { record.time >= $0 } ?? true && options.until.map { record.time < $0 } ?? true
        }
        if let tail = options.tail { records = records.suffix(tail) }
        if !options.view.isExact {
            for index in records.indices where records[index].line.last == UInt8(ascii: "\r") {
                records[index].line.removeLast()
            }
        }
        if let query = options.view.query {
            var sieve = LogSieve(query)
            records = sieve.take(records)
        }
        guard !records.isEmpty, options.tellsEnds else { return records }
        return records + [
            .notice("was removed", about: container.source, at: max(container.removed, records[records.count - 1].time))
        ]
    }
}
