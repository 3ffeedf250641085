package import EngineAPI
package import LogProcessing
package import LogSinks
import LogSpool
package import SinkAPI

/// Takes what engines' `fluentd` log drivers send, and has it durable in the store before it is acknowledged.
///
/// A driver sends a container's output piece by piece and waits for each acknowledgement; what it got none for it sends
/// again, to whoever listens then.
package actor ForwardCapture {
    private struct Source {
        let source: LogSource
        let turn = ReadingQueue()
        /// What the store has of it since the first message: each may be sent again once.
        var stored: [RecordIdentity: Int]
        var stages: [OutputStream: RecordStages]
        /// Of the message that came last.
        var chunk: String?
        /// The long line that was the last one. It is kept until the next message shows that its acknowledgement arrived.
        var finished: ForwardEntry.Part?
    }

    private let store: any RecordStore
    private let stages: @Sendable (LogSource, OutputStream) -> [any RecordStage]
    private let labels: @Sendable (ContainerID) async -> [String: String]
    private let partials: PartialLines
    private var sources: [ContainerID: Source] = [:]

    /// - Parameters:
    ///   - folder: for the beginnings of long lines; the folder above it must exist.
    ///   - labels: what records are to carry of a container's labels.
    package init(
        store: any RecordStore, folder: String,
        stages: @escaping @Sendable (LogSource, OutputStream) -> [any RecordStage],
        labels: @escaping @Sendable (ContainerID) async -> [String: String]
    ) throws {
        self.store = store
        self.stages = stages
        self.labels = labels
        partials = try PartialLines(folder: folder)
    }

    /// Takes a message; returns when what it says is durable.
    package func take(_ message: ForwardMessage) async throws {
        guard let first = message.entries.first else { return }
        _ = try await source(of: first, tag: message.tag)
        // A driver that waited too long sends again on another connection while the first message is on its way.
        guard let turn = sources[first.container]?.turn else { return }
        try await turn.run { try await takeEntries(of: message) }
    }

    private func takeEntries(of message: ForwardMessage) async throws {
        for entry in message.entries {
            let isRepeated = message.chunk != nil && sources[entry.container]?.chunk == message.chunk
            if isRepeated, message.entries.count == 1 { continue }
            try await take(entry, tag: message.tag)
        }
        guard let container = message.entries.last?.container else { return }
        sources[container]?.chunk = message.chunk
    }

    private func take(_ entry: ForwardEntry, tag: String) async throws {
        let source = try await source(of: entry, tag: tag)
        if let finished = sources[entry.container]?.finished, finished.line != entry.part?.line {
            await partials.remove(finished)
            sources[entry.container]?.finished = nil
        }
        var line = entry.bytes
        var flags: LogRecord.Flags = []
        if let part = entry.part {
            if let whole = try await partials.add(entry.bytes, part) {
                guard part.isLast || whole.count >= LineAssembler.longestLine else { return }
                line = whole
            }
            // A line without an end is delivered in parts; the next one begins anew, with an ordinal that goes on.
            if !part.isLast { flags = .partial }
        }
        if !flags.contains(.partial), line.last == UInt8(ascii: "\r") { line.removeLast() }
        let record = LogRecord(source: source, stream: entry.stream, time: entry.time, line: line[...], flags: flags)
        // Nothing is held back: what is acknowledged is durable.
        var records: [LogRecord] = []
        sources[entry.container]?.stages[entry.stream]?.take([record], into: &records)
        sources[entry.container]?.stages[entry.stream]?.flush(into: &records)
        records.removeAll { isStored($0) }
        if !records.isEmpty { try await store.append(records, positions: []) }
        guard let part = entry.part else { return }
        if flags.contains(.partial) { try await partials.cut(part) } else { sources[entry.container]?.finished = part }
    }

    private func isStored(_ record: LogRecord) -> Bool {
        let identity = RecordIdentity(record)
        guard let count = sources[record.source.container]?.stored[identity] else { return false }
        sources[record.source.container]?.stored[identity] = count > 1 ? count - 1 : nil
        return true
    }

    private func source(of entry: ForwardEntry, tag: String) async throws -> LogSource {
        if let known = sources[entry.container] { return known.source }
        let tails = try await store.tails(since: [entry.container: entry.time])
        var stored: [RecordIdentity: Int] = [:]
        for identity in tails[entry.container] ?? [] { stored[identity, default: 0] += 1 }
        let source = ForwardTag(tag).source(
            entry.container, name: LogSelection.lastingName(of: entry.name), labels: await labels(entry.container))
        // Somebody else may have come meanwhile.
        if let known = sources[entry.container] { return known.source }
        if sources.count >= ForwardCapture.mostSources { sources.removeAll() }
        let stages = OutputStream.allCases.map { ($0, RecordStages(self.stages(source, $0))) }
        sources[entry.container] = Source(
            source: source, stored: stored, stages: Dictionary(stages) { first, _ in first })
        return source
    }

    /// Of containers that are remembered; whom it forgets it learns anew.
    private static let mostSources = 4096
}

/// What the driver's messages carry as their tag: `project/service/number/image`, written where the container is made.
struct ForwardTag {
    private let parts: [String]

    init(_ text: String) { parts = text.split(separator: "/", maxSplits: 3).map { String($0) } }

    func source(_ container: ContainerID, name: String, labels: [String: String]) -> LogSource {
        guard parts.count == 4, let number = Int(parts[2]) else {
            return LogSource(container: container, name: name, service: name, labels: labels)
        }
        return LogSource(
            container: container, name: name, project: parts[0], service: parts[1], number: number, image: parts[3],
            labels: labels)
    }
}
