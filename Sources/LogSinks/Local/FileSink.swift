import EngineAPI
import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Lines in files: `file:./logs/{project}/{service}.jsonl`, with the places of ``PathPattern``.
///
/// Settings: those of ``LineEncoder`` (`json` unless it is said otherwise; `raw` has no identifiers, by which a file is
/// continued, so it is refused, and `fields` must hold `time` and `uid`), `rotate.size` (100 MiB), `rotate.age`
/// (never), `keep` (how many closed files stay, 7), `gzip` (of closed files, true), `fsync` (`batch`, `always` for each
/// record, `never`).
///
/// Effectively once: what is written of a batch stays, and is not written again, neither after an error nor after a
/// crash, because a file's own last line says where it ended. With `fsync=never` a crash of the machine can lose lines.
actor FileSink: Sink {
    enum Syncing: String, CaseIterable {
        case always, batch, never
    }

    private struct Target {
        var file: LogFile
        /// Of the spool being written, what the file and those before it hold.
        var written: UInt64
        var epoch: String
        var lines: [UInt8] = []
        var first: LogRecord?
        var last: LogRecord?
        /// When it was written to last, as a count of deliveries.
        var used: UInt64 = 0
    }

    private nonisolated let executor = BlockingExecutor(label: "gantry.sink.file")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let limits = BatchLimits.ordered

    private let pattern: PathPattern
    private let text: String
    private let syncing: Syncing
    private let rotation: (size: Int, age: Duration?)
    private let keep: Int
    private let isCompressing: Bool
    private var encoder: LineEncoder
    private var targets: [String: Target] = [:]
    private var paths: [LogSource: [OutputStream: String]] = [:]
    private var deliveries: UInt64 = 0
    private var tidying: Task<Void, Never>?

    private static let usualSize = 100 << 20
    /// Smaller files would be rotated at every batch.
    private static let smallestSize = 4 << 10
    private static let usualKeep = 7
    private static let longestAge = Duration.seconds(366 * 86_400)
    /// Files that are open at once: more are closed and opened again.
    private static let openFiles = 128

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        let path = location.host + location.path
        guard location.transport.isEmpty, !path.isEmpty, !path.hasSuffix("/") else {
            throw SinkConfigurationError("\(location.text) names no file, as file:./logs/{service}.jsonl does")
        }
        pattern = try PathPattern(path)
        text = path
        let form = try LineEncoder.Form(&settings, default: .json)
        guard form.line != .raw, form.json.fields[.uid] == "uid", form.json.fields[.time] == "time" else {
            throw SinkConfigurationError(
                "\(location.text): a file is continued by what its lines say, so it needs the format \"json\" or \"logfmt\" "
                    + "and the fields \"time\" and \"uid\" under these names")
        }
        encoder = LineEncoder(form)
        syncing = try settings.choice("fsync") ?? .batch
        rotation = (
            try settings.byteCount("rotate.size", in: FileSink.smallestSize...(1 << 40)) ?? FileSink.usualSize,
            try settings.duration("rotate.age", most: FileSink.longestAge)
        )
        keep = try settings.integer("keep", in: 0...100_000) ?? FileSink.usualKeep
        isCompressing = try settings.flag("gzip") ?? true
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        deliveries += 1
        var touched: Set<String> = []
        do {
            for record in batch.records { try append(record, epoch: batch.epoch, &touched) }
            for path in touched {
                guard var target = targets[path] else { continue }
                defer { targets[path] = target }
                try flush(&target, path)
            }
        } catch {
            // Opened anew, the files say themselves where they ended.
            for path in touched { targets[path] = nil }
            throw error
        }
        closeUnused()
        return [:]
    }

    private func append(_ record: LogRecord, epoch: String, _ touched: inout Set<String>) throws {
        let path = path(record)
        if targets[path]?.epoch != epoch { try open(path, epoch: epoch) }
        guard var target = targets.removeValue(forKey: path) else { return }
        defer { targets[path] = target }
        guard record.sequence > target.written else { return }
        if target.first == nil {
            touched.insert(path)
            target.first = record
            target.used = deliveries
        }
        target.last = record
        target.written = record.sequence
        encoder.append(record, epoch: epoch, to: &target.lines)
        if syncing == .always { try flush(&target, path) }
    }

    private func path(_ record: LogRecord) -> String {
        if let path = paths[record.source]?[record.stream] { return path }
        // A map of all that ever wrote would grow for ever.
        if paths.count > FileSink.openFiles { paths = [:] }
        let path = pattern.path(record.source, record.stream)
        paths[record.source, default: [:]][record.stream] = path
        return path
    }

    private func open(_ path: String, epoch: String) throws {
        let isNew = targets[path] == nil
        let file = if let file = targets[path]?.file { file } else { try LogFile(path) }
        let last = file.last.flatMap { $0.epoch == epoch ? $0.sequence : nil }
        let written = last ?? ClosedLogFiles(path: path).last(epoch: epoch) ?? 0
        targets[path] = Target(file: file, written: written, epoch: epoch, used: deliveries)
        if isNew, syncing != .never { try LogFile.syncFolder(of: path) }
        if isNew { tidy(path) }
    }

    /// Writes what is encoded for a file.
    private func flush(_ target: inout Target, _ path: String) throws {
        defer {
            target.lines.removeAll(keepingCapacity: true)
            target.first = nil
            target.last = nil
        }
        guard let first = target.first, let last = target.last else { return }
        if isFull(target) { try rotate(&target, path) }
        try target.lines.withUnsafeBytes { lines in
            try target.file.append(
                lines, from: FilePosition(epoch: target.epoch, sequence: first.sequence),
                to: FilePosition(epoch: target.epoch, sequence: last.sequence), time: first.time,
                synced: syncing != .never)
        }
    }

    private func isFull(_ target: Target) -> Bool {
        guard target.file.size > 0 else { return false }
        if target.file.size + target.lines.count > rotation.size { return true }
        guard let age = rotation.age, let start = target.file.firstTime, let time = target.first?.time else {
            return false
        }
        return time.nanoseconds - start.nanoseconds > age.nanoseconds
    }

    private func rotate(_ target: inout Target, _ path: String) throws {
        guard let name = ClosedLogFiles(path: path).name(of: target.file) else { return }
        guard rename(path, name) == 0 else { throw SinkFailure.file("rename", path) }
        target.file = try LogFile(path)
        if syncing != .never { try LogFile.syncFolder(of: path) }
        tidy(path)
    }

    /// Compresses and removes closed files, one file's after another's, while lines are written on.
    private func tidy(_ path: String) {
        let before = tidying
        let (keep, isCompressing) = (keep, isCompressing)
        tidying = Task {
            await before?.value
            // What cannot be tidied now is found again at the next rotation.
            try? await onBlockingThread { try ClosedLogFiles(path: path).tidy(keep: keep, compress: isCompressing) }
        }
    }

    private func closeUnused() {
        guard targets.count > FileSink.openFiles else { return }
        for (path, _) in targets.sorted(by: { $0.value.used < $1.value.used }).dropLast(FileSink.openFiles) {
            targets[path] = nil
        }
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        // As far as it is the same for all sources.
        let folder = FilePath.folder(of: String(text.prefix { $0 != "{" }) + "x")
        try LogFile.makeFolders(of: folder + "/x")
        guard access(folder, W_OK | X_OK) == 0 else { throw SinkFailure.file("write in", folder) }
        await step("files can be made in \(folder)")
    }

    func shutDown() async {
        targets = [:]
        await tidying?.value
    }
}

/// `file:PATH`: see ``FileSink``.
enum FileSinkKind: SinkKind {
    static let scheme = "file"
    static let form = "file:./logs/{service}.jsonl"
    static let summary = "files, rotated and compressed"
    static func make(_ location: SinkLocation) throws -> any Sink { try FileSink(location) }
}
