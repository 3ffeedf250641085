import EngineAPI
import EngineTesting
import Glibc
import Testing

@testable import ComposeLogs

@Suite(.timeLimit(.minutes(5))) struct TerminalWriterTests {
    init() { signal(SIGPIPE, SIG_IGN) }

    private func line(_ number: Int, length: Int = 1000) -> [UInt8] {
        var text = "\(number) "
        text += String(repeating: "x", count: length - text.utf8.count - 1) + "\n"
        return Array(text.utf8)
    }

    @Test func keepsTheOrderAcrossBothOutputs() async throws {
        let pipe = TestPipe()
        let writer = TerminalWriter(output: pipe.writing, errors: pipe.writing, policy: .wait)
        for number in 0..<20 {
            try await writer.write(Array("\(number)\n".utf8), lines: 1, to: number % 3 == 0 ? .stderr : .stdout)
        }
        try await writer.flush()
        #expect(await pipe.read() == (0..<20).map { "\($0)\n" }.joined())
    }

    @Test func separatesOutputs() async throws {
        let (output, errors) = (TestPipe(), TestPipe())
        let writer = TerminalWriter(output: output.writing, errors: errors.writing, policy: .wait)
        try await writer.write(Array("out\n".utf8), lines: 1, to: .stdout)
        try await writer.write(Array("err\n".utf8), lines: 1, to: .stderr)
        try await writer.flush()
        #expect(await output.read() == "out\n")
        #expect(await errors.read() == "err\n")
    }

    @Test func waitsForASlowReaderAndLosesNothing() async throws {
        let pipe = TestPipe()
        let writer = TerminalWriter(output: pipe.writing, policy: .wait, capacity: 10_000)
        // A pipe holds 64 KiB and the ring 10 kB, so the hundred lines do not all fit.
        async let written: Int = {
            for number in 0..<100 { try await writer.write(line(number), lines: 1, to: .stdout) }
            try await writer.flush()
            return 100
        }()
        let first = await pipe.readAll(1000)
        #expect(first.hasPrefix("0 "))
        let rest = await pipe.readAll(99_000)
        #expect(try await written == 100)
        let numbers = (first + rest).split(separator: "\n").compactMap { $0.split(separator: " ").first }
        #expect(numbers.map(String.init) == (0..<100).map(String.init))
    }

    @Test func holdsTheWriterBackWhileNobodyReads() async throws {
        let pipe = TestPipe()
        let writer = TerminalWriter(output: pipe.writing, policy: .wait, capacity: 10_000)
        let task = Task {
            var count = 0
            while true {
                do {
                    try await writer.write(line(count), lines: 1, to: .stdout)
                } catch {
                    return count
                }
                count += 1
            }
        }
        // Full: what the pipe and the ring hold, and at most one line more.
        var request = pollfd(fd: pipe.writing, events: Int16(POLLOUT), revents: 0)
        while poll(&request, 1, 0) == 1, request.revents & Int16(POLLOUT) != 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        task.cancel()
        let count = await task.value
        #expect(count <= (65_536 + 10_000) / 1000 + 1)
    }

    @Test func skipsTheOldestAndSaysSo() async throws {
        let pipe = TestPipe()
        let writer = TerminalWriter(output: pipe.writing, policy: .skip, capacity: 5_000)
        for number in 0..<1000 { try await writer.write(line(number), lines: 1, to: .stdout) }
        let reader = Task {
            var text = ""
            while !text.contains("\n999 ") { text += await pipe.read() }
            return text
        }
        let lines = await reader.value.split(separator: "\n")
        let notices = lines.filter { $0.hasPrefix("-- skipped ") }
        let skipped = notices.compactMap { Int($0.split(separator: " ")[2]) }.reduce(0, +)
        let numbers = lines.filter { !$0.hasPrefix("--") }.compactMap { $0.split(separator: " ").first }.compactMap {
            Int($0)
        }
        #expect(!notices.isEmpty && notices.allSatisfy { $0.hasSuffix(" --") })
        #expect(numbers == numbers.sorted() && numbers.last == 999)
        #expect(numbers.count + skipped == 1000)
    }

    @Test(arguments: [TerminalWriter.Policy.wait, .skip]) func tellsThatTheReaderHasGone(
        _ policy: TerminalWriter.Policy
    ) async throws {
        let pipe = TestPipe()
        let writer = TerminalWriter(output: pipe.writing, policy: policy)
        pipe.closeReading()
        try? await writer.write(line(1), lines: 1, to: .stdout)
        await #expect(throws: OutputFailure.closed) { try await writer.flush() }
        await #expect(throws: OutputFailure.closed) { try await writer.write(line(2), lines: 1, to: .stdout) }
        #expect(writer.failure == .closed)
    }

    @Test func releasesAWaitingWriterWhenTheReaderGoes() async throws {
        let pipe = TestPipe()
        let writer = TerminalWriter(output: pipe.writing, policy: .wait, capacity: 1000)
        let task = Task { while true { try await writer.write(line(1), lines: 1, to: .stdout) } }
        var request = pollfd(fd: pipe.writing, events: Int16(POLLOUT), revents: 0)
        while poll(&request, 1, 0) == 1, request.revents & Int16(POLLOUT) != 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        pipe.closeReading()
        await #expect(throws: OutputFailure.closed) { try await task.value }
    }

    @Test func noticesThatTheReaderHasGoneThoughNothingIsWritten() async throws {
        let pipe = TestPipe()
        let clock = TestClock()
        let writer = TerminalWriter(output: pipe.writing, policy: .wait, clock: clock)
        let task = Task { await writer.waitForFailure() }
        try await clock.waitForSleepers(1)
        #expect(writer.failure == nil)
        pipe.closeReading()
        clock.advance(by: .seconds(1))
        #expect(await task.value == .closed)
        await #expect(throws: OutputFailure.closed) { try await writer.write(line(1), lines: 1, to: .stdout) }
    }

    @Test func waitsForAFailureUntilCancelled() async throws {
        let pipe = TestPipe()
        let clock = TestClock()
        let writer = TerminalWriter(output: pipe.writing, policy: .wait, clock: clock)
        let task = Task { await writer.waitForFailure() }
        try await clock.waitForSleepers(1)
        task.cancel()
        #expect(await task.value == nil)
    }

    @Test func saysWhyItCannotWrite() async throws {
        let writer = TerminalWriter(output: -1, policy: .wait)
        try? await writer.write(line(1), lines: 1, to: .stdout)
        await #expect(throws: OutputFailure.failed(errno: EBADF)) { try await writer.flush() }
        #expect(OutputFailure.failed(errno: EBADF).description.contains("Bad file descriptor"))
    }
}
