import Dispatch
import EngineAPI
import Glibc
import SinkAPI
import Synchronization

@testable import ComposeLogs

/// A sink that keeps what it is given.
final class RecordingSink: LogSink {
    private let records = Mutex<[LogRecord]>([])
    private let failures = BoundedQueue<OutputFailure>(capacity: 1)

    func register(_ sources: [LogSource]) {}
    func write(_ records: [LogRecord]) async throws { self.records.withLock { $0 += records } }
    func waitForFailure() async -> OutputFailure? { await failures.next() }

    /// Lets it take no more from now on.
    func close() async { await failures.send(.closed) }

    var lines: [String] {
        records.withLock { $0.map { "\($0.source.label) \(String(decoding: $0.line, as: UTF8.self))" } }
    }

    var times: [EngineTime] { records.withLock { $0.map(\.time) } }

    /// Returns when `count` lines have come.
    func waitForLines(_ count: Int) async throws {
        while lines.count < count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

/// A pipe whose two ends are closed with it.
final class TestPipe: Sendable {
    let reading: Int32
    let writing: Int32
    private let isReadingClosed = Mutex(false)

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        // A program that is started elsewhere in this process is not to keep it open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        closeReading()
        close(writing)
    }

    func closeReading() {
        isReadingClosed.withLock { isClosed in
            if !isClosed { close(reading) }
            isClosed = true
        }
    }

    /// What is in the pipe; waits for the first byte, but not on the cooperative pool.
    func read(_ count: Int = 1 << 20) async -> String {
        let reading = reading
        return await withCheckedContinuation { continuation in
            DispatchQueue(label: "reader").async {
                var bytes = [UInt8](repeating: 0, count: count)
                let length = Glibc.read(reading, &bytes, count)
                continuation.resume(returning: String(decoding: bytes.prefix(max(0, length)), as: UTF8.self))
            }
        }
    }

    /// Reads until `count` bytes have come.
    func readAll(_ count: Int) async -> String {
        var text = ""
        while text.utf8.count < count { text += await read(count - text.utf8.count) }
        return text
    }
}

func source(_ label: String = "web-1", container: ContainerID = "c1") -> LogSource {
    LogSource(container: container, name: label, service: String(label.prefix { $0 != "-" }))
}

func record(
    _ text: String, of source: LogSource = source(), at time: Int64 = 0, on stream: OutputStream = .stdout
) -> LogRecord {
    LogRecord(
        source: source, stream: stream, time: EngineTime(nanoseconds: time), line: Array(text.utf8)[...])
}

func frame(_ text: String, on stream: OutputStream = .stdout) -> OutputFrame {
    OutputFrame(stream: stream, bytes: Array(text.utf8)[...])
}
