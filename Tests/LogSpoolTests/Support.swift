import EngineAPI
import FoundationEssentials
import SinkAPI
import Synchronization

@testable import LogSpool

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder that goes with the value.
final class TemporaryFolder: Sendable {
    let url: URL
    /// Where a spool can be made.
    var path: String { url.appending(path: "spool").path }

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var segments: [String] {
        get throws { try SpoolFolder.names(in: path).filter { $0.hasSuffix(".segment") }.sorted() }
    }

    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url.appending(path: "spool/\(name)"))) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: url.appending(path: "spool/\(name)"))
    }
}

let web = LogSource(
    container: "0123456789abcdef", name: "shop-web-1", project: "shop", service: "web", number: 1, image: "nginx:1",
    labels: ["team": "café", "empty": ""])
let db = LogSource(container: "fedcba9876543210", name: "db", service: "db")

/// The line that number `n` stands for everywhere in these tests: every third is db's, lengths vary, bytes are no text.
func record(_ n: Int, padding: Int = 0) -> LogRecord {
    let line = Array("line \(n) ".utf8) + [0, 0xFF, 0xF5] + [UInt8](repeating: 0x78, count: n % 23 + padding)
    return LogRecord(
        source: n % 3 == 0 ? db : web, stream: n % 2 == 0 ? .stdout : .stderr,
        time: EngineTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(n)), line: line[...],
        flags: n % 5 == 0 ? [.partial] : [], level: n % 4 == 0 ? nil : LogLevel(rawValue: UInt8(n % 8)))
}

func records(_ numbers: Range<Int>, padding: Int = 0) -> [LogRecord] { numbers.map { record($0, padding: padding) } }

extension LogRecord {
    /// Equal in everything but the sequence, also in what describes the source.
    func isSame(as other: LogRecord) -> Bool {
        source.container == other.source.container && source.name == other.source.name
            && source.project == other.source.project && source.service == other.source.service
            && source.number == other.source.number && source.image == other.source.image
            && source.labels == other.source.labels && stream == other.stream && time == other.time
            && line == other.line
            && flags == other.flags && level == other.level
    }

    /// The `n` that ``record(_:padding:)`` made it from.
    var number: Int { Int(time.nanoseconds - 1_700_000_000_000_000_000) }
}

extension SpoolOptions {
    /// Small, and nothing is committed by itself but the first append.
    static var small: SpoolOptions {
        var options = SpoolOptions()
        options.segmentSize = 4 << 10
        options.bound = 1 << 20
        options.commitInterval = .seconds(3600)
        options.commitSize = 1
        options.checkpointInterval = .seconds(3600)
        options.keptTail = 0
        options.emergencySize = 64 << 10
        return options
    }
}

extension Spool {
    /// What a sink reads until nothing more is durable.
    func readAll(_ sink: String = "a", from start: SinkStart = .oldest) async throws -> (
        records: [LogRecord], gaps: [SpoolGap]
    ) {
        _ = try await register(sink, from: start)
        return try await reader(for: sink).readAll(through: metrics.last)
    }
}

extension TemporaryFolder {
    /// What is left of the segments, without an index.
    func recovered() async throws -> (recovery: SpoolRecovery, records: [LogRecord], gaps: [SpoolGap]) {
        let folder = try SpoolFolder(path)
        defer { folder.unlock() }
        let recovery = try SpoolRecovery(folder, files: SystemFiles())
        let end = recovery.segments.last?.end ?? 1
        let catalog = SegmentCatalog(SegmentCatalog.Contents(segments: recovery.segments, end: end))
        let reader = SpoolReader(sink: "a", through: 0, folder: folder, catalog: catalog)
        let (records, gaps) = try await reader.readAll(through: end - 1)
        return (recovery, records, gaps)
    }
}

extension SpoolReader {
    func readAll(through last: UInt64, _ limit: ReadLimit = ReadLimit()) async throws -> (
        records: [LogRecord], gaps: [SpoolGap]
    ) {
        var (records, gaps): ([LogRecord], [SpoolGap]) = ([], [])
        var limit = limit
        limit.through = last
        while last > 0, let reading = try await next(limit) {
            records += reading.records
            gaps += reading.gaps
        }
        return (records, gaps)
    }
}

/// The system's files, with faults as a test wants them, and a journal of all that was done to segments.
final class TestFiles: SpoolFiles {
    enum Act: Sendable {
        case create(String)
        case write(String, offset: Int, bytes: [UInt8])
        case sync(String)
        case syncFolder
        case truncate(String, Int)
        case remove(String)
    }

    struct State {
        /// What still fits on the disk.
        var space = Int.max
        var failingSyncs = 0
        var keepsJournal = false
        var journal: [Act] = []
        var syncs = 0
        var names: [Int32: String] = [:]
    }

    let state = Mutex(State())
    private let system = SystemFiles()

    var syncs: Int { state.withLock { $0.syncs } }
    var journal: [Act] { state.withLock { $0.journal } }

    private func note(_ act: (State) -> Act) {
        state.withLock { state in if state.keepsJournal { state.journal.append(act(state)) } }
    }

    private static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    func create(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = try system.create(path)
        state.withLock { $0.names[descriptor] = TestFiles.name(path) }
        note { _ in .create(TestFiles.name(path)) }
        return descriptor
    }

    func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) throws(FileFailure) {
        let room = state.withLock { state in
            let room = min(state.space, bytes.count)
            state.space -= room
            return room
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<room])
        try system.write(part, to: descriptor, at: offset)
        let copy = [UInt8](part)
        note { .write($0.names[descriptor] ?? "", offset: offset, bytes: copy) }
        guard room == bytes.count else { throw FileFailure("write", ENOSPC) }
    }

    func synchronize(_ descriptor: Int32) throws(FileFailure) {
        let fails = state.withLock { state in
            state.syncs += 1
            defer { state.failingSyncs = max(0, state.failingSyncs - 1) }
            return state.failingSyncs > 0
        }
        if fails { throw FileFailure("sync", EIO) }
        try system.synchronize(descriptor)
        note { .sync($0.names[descriptor] ?? "") }
    }

    func synchronizeFolder(_ path: String) throws(FileFailure) {
        try system.synchronizeFolder(path)
        note { _ in .syncFolder }
    }

    func truncate(_ path: String, to size: Int) throws(FileFailure) {
        try system.truncate(path, to: size)
        note { _ in .truncate(TestFiles.name(path), size) }
    }

    func close(_ descriptor: Int32) { system.close(descriptor) }

    func remove(_ path: String) throws(FileFailure) {
        try system.remove(path)
        note { _ in .remove(TestFiles.name(path)) }
    }

    func reserve(_ path: String, size: Int) throws(FileFailure) {
        guard freeSpace("") >= size else { throw FileFailure("reserve", ENOSPC) }
        try system.reserve(path, size: size)
    }

    func freeSpace(_ folder: String) -> Int { state.withLock { $0.space } }
}
