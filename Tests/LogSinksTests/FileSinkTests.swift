import EngineAPI
import SinkAPI
import Testing

@testable import LogSinks

/// What is special about files.
@Suite(.timeLimit(.minutes(5))) struct FileSinkTests {
    private static func withFolder(
        _ pattern: String, _ body: (FolderDouble, _ open: () throws -> any Sink) async throws -> Void
    ) async throws {
        let folder = try FolderDouble { _ in [] }
        try await body(folder) { try FileSinkKind.make(SinkLocation(parsing: "file:\(folder.folder)/\(pattern)")) }
        try await folder.stop()
    }

    private func sequences(_ bytes: [UInt8]) -> [UInt64] {
        FolderDouble.records(bytes).compactMap { UInt64($0.uid.split(separator: "-").last ?? "") }
    }

    @Test(arguments: ["json", "logfmt"]) func aFileIsContinuedAfterItsTornEnd(_ format: String) async throws {
        try await FileSinkTests.withFolder("a.log?format=\(format)") { folder, open in
            var sink = try open()
            try await deliver(Sample.batch(1...10), to: sink)
            await sink.shutDown()
            let whole = folder.contents("a.log")
            // As a crash may leave it: within the ninth line.
            let lines = whole.split(separator: 0x0A)
            try folder.write(Array(lines[..<8].joined(separator: [0x0A])) + [0x0A] + lines[8].prefix(20), to: "a.log")
            sink = try open()
            try await deliver(Sample.batch(1...10), to: sink)
            try await deliver(Sample.batch(1...10), to: sink)
            await sink.shutDown()
            #expect(folder.contents("a.log") == whole)
        }
    }

    @Test func eachSourceAndStreamHasItsFile() async throws {
        try await FileSinkTests.withFolder("{project}/{service}.{stream}.jsonl") { folder, open in
            let sink = try open()
            try await deliver(Sample.batch(1...12), to: sink)
            await sink.shutDown()
            #expect(sequences(folder.contents("shop/web.stdout.jsonl")) == [2, 4, 8, 10])
            #expect(sequences(folder.contents("shop/web.stderr.jsonl")) == [1, 5, 7, 11])
            #expect(sequences(folder.contents("none/db.stdout.jsonl")) == [6, 12])
        }
    }

    @Test func aSourceLeadsOutOfNoFolder() throws {
        let pattern = try PathPattern("/logs/{service}/{name}.log")
        let source = LogSource(container: "0", name: "..", service: "../../etc/passwd")
        #expect(pattern.path(source, .stdout) == "/logs/_._.._etc_passwd/_..log")
        #expect(throws: SinkConfigurationError.self) { try PathPattern("a{services}") }
    }

    @Test func fullFilesAreClosedCompressedAndInTheEndRemoved() async throws {
        try await FileSinkTests.withFolder("a.jsonl?rotate.size=4KiB&keep=2") { folder, open in
            var sink = try open()
            // 20 records of some 300 bytes are more than a file may hold: each batch is one.
            for start in stride(from: UInt64(1), through: 81, by: 20) {
                try await deliver(Sample.batch(start...start + 19), to: sink)
            }
            await sink.shutDown()
            #expect(folder.names.count == 3, "\(folder.names)")
            #expect(sequences(folder.contents("a.jsonl")) == Array(81...100))
            let closed = folder.names.dropFirst()
            #expect(closed.map { $0.suffix(9) } == ["-41-60.gz", "-61-80.gz"])
            for name in closed { #expect(folder.contents(name).starts(with: [0x1F, 0x8B])) }
            // Of what was closed nothing is written again, although the file that grows does not say so.
            try folder.write([], to: "a.jsonl")
            sink = try open()
            try await deliver(Sample.batch(61...82), to: sink)
            await sink.shutDown()
            #expect(sequences(folder.contents("a.jsonl")) == [81, 82])
        }
    }

    @Test func anOldFileIsClosed() async throws {
        try await FileSinkTests.withFolder("a.jsonl?rotate.age=50us&gzip=false") { folder, open in
            let sink = try open()
            // A microsecond lies between records.
            try await deliver(Sample.batch(1...10), to: sink)
            try await deliver(Sample.batch(40...50), to: sink)
            try await deliver(Sample.batch(60...61), to: sink)
            await sink.shutDown()
            #expect(folder.names.count == 2)
            #expect(sequences(folder.contents("a.jsonl")) == [60, 61])
        }
    }

    @Test func anotherSpoolsNumbersAreItsOwn() async throws {
        try await FileSinkTests.withFolder("a.jsonl") { folder, open in
            let sink = try open()
            try await deliver(Sample.batch(1...10), to: sink)
            let other = Sample.batch(1...3)
            try await deliver(RecordBatch(epoch: "00000001", records: other.records, range: 1...3), to: sink)
            try await deliver(RecordBatch(epoch: "00000001", records: other.records, range: 1...3), to: sink)
            await sink.shutDown()
            #expect(sequences(folder.contents("a.jsonl")) == Array(1...10) + [1, 2, 3])
        }
    }

    @Test(arguments: ["?format=raw", "?fields=message", "?rename.uid=id", "/"])
    func whatCouldNotBeContinuedIsRefused(_ rest: String) throws {
        #expect(throws: SinkConfigurationError.self) {
            try FileSinkKind.make(SinkLocation(parsing: "file:/tmp/none/a\(rest)"))
        }
    }

    @Test func aFileOfAnotherProcessIsLeftAlone() async throws {
        try await FileSinkTests.withFolder("a.jsonl") { _, open in
            let (first, second) = (try open(), try open())
            try await deliver(Sample.batch(1...3), to: first)
            let failure = await failure { try await second.deliver(Sample.batch(1...3)) }
            #expect(failure?.description.contains("another") == true)
            await first.shutDown()
            await second.shutDown()
        }
    }
}
