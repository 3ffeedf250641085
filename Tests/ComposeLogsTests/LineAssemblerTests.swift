import EngineAPI
import SinkAPI
import Testing

@testable import ComposeLogs

@Suite struct LineAssemblerTests {
    private static let one = "2024-01-01T00:00:00.000000001Z "
    private static let two = "2024-01-01T00:00:01.500000000Z "

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let hasTimes: Bool
        let frames: [OutputFrame]
        let lines: [String]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "whole lines", hasTimes: false, frames: [frame("a\n"), frame("b\n")], lines: ["a", "b"]),
        Case(
            testDescription: "several lines in a frame", hasTimes: false, frames: [frame("a\nb\n\n")],
            lines: ["a", "b", ""]),
        Case(
            testDescription: "a line in pieces", hasTimes: false, frames: [frame("ab"), frame("c\nd\n")],
            lines: ["abc", "d"]),
        Case(testDescription: "no newline at the end", hasTimes: false, frames: [frame("a\nb")], lines: ["a", "b"]),
        Case(
            testDescription: "carriage return", hasTimes: false,
            frames: [frame("a\r\nb\rc\r\n"), frame("d\r"), frame("\n")],
            lines: ["a", "b\rc", "d"]),
        Case(
            testDescription: "streams apart", hasTimes: false,
            frames: [frame("ou"), frame("er", on: .stderr), frame("t\n"), frame("r\n", on: .stderr)],
            lines: ["out", "err"]),
        Case(
            testDescription: "times", hasTimes: true, frames: [frame(one + "a\n"), frame(two + "b\n")],
            lines: ["1 a", "2 b"]),
        Case(
            testDescription: "a terminal's long line", hasTimes: true,
            frames: [frame(one + String(repeating: "x", count: 16384) + one + "yz\n")],
            lines: ["1 " + String(repeating: "x", count: 16384) + "yz"]),
        Case(
            testDescription: "an empty line with its time", hasTimes: true, frames: [frame(one + "\n")], lines: ["1 "]),
        Case(
            testDescription: "pieces with the same time", hasTimes: true,
            frames: [frame(one + "ab"), frame(one + "cd"), frame(one + "e\n"), frame(two + "f\n")],
            lines: ["1 abcde", "2 f"]),
        Case(
            testDescription: "another time ends a line without newline", hasTimes: true,
            frames: [frame(one + "ab"), frame(two + "cd\n")], lines: ["1 ab", "2 cd"]),
        Case(
            testDescription: "a terminal's output cut anywhere", hasTimes: true,
            frames: [frame(one + "a\r\n2024-01-01T0"), frame("0:00:01.500000000Z b"), frame("c\r\n")],
            lines: ["1 a", "2 bc"]),
        Case(
            testDescription: "a terminal's text that begins with a time of its own", hasTimes: true,
            frames: [frame(one), frame(two + "x\r\n")], lines: ["1 \(two)x"]),
        Case(
            testDescription: "a numeric offset", hasTimes: true,
            frames: [frame("2024-01-01T02:00:01.5+02:00 a\n")], lines: ["2 a"]),
        Case(
            testDescription: "no time where one was asked for", hasTimes: true, frames: [frame("a b\n")],
            lines: ["- a b"]),
    ]

    @Test(arguments: cases) func assembles(_ example: Case) {
        var assembler = LineAssembler(source: source(), hasTimes: example.hasTimes)
        let records = example.frames.flatMap { assembler.take([$0]) } + assembler.finish()
        let lines = records.map { record in
            let line = String(decoding: record.line, as: UTF8.self)
            guard example.hasTimes else { return line }
            return
                (["2024-01-01T00:00:00.000000001Z": "1 ", "2024-01-01T00:00:01.500000000Z": "2 "][
                    record.time.rfc3339] ?? "- ") + line
        }
        #expect(lines == example.lines)
        #expect(records.allSatisfy { !$0.flags.contains(.partial) })
        #expect(assembler.finish().isEmpty)
    }

    @Test func readsTheTimeExactly() throws {
        var assembler = LineAssembler(source: source(), hasTimes: true)
        let text = "2023-02-28T23:59:59.987654321Z"
        let records = assembler.take([frame(text + " x\n"), frame("2023-03-01T00:00:00.000000000Z y\n")])
        #expect(records.map(\.time.rfc3339) == [text, "2023-03-01T00:00:00.000000000Z"])
    }

    @Test func deliversAnEndlessLineInParts() {
        var assembler = LineAssembler(source: source(), hasTimes: true)
        let piece = frame(LineAssemblerTests.one + String(repeating: "x", count: 16 << 10))
        var records: [LogRecord] = []
        for _ in 0..<100 { records += assembler.take([piece]) }
        records += assembler.take([frame(LineAssemblerTests.one + "end\n"), frame(LineAssemblerTests.two + "next\n")])
        #expect(records.map { $0.flags.contains(.partial) } == [true, false, false])
        #expect(records.prefix(2).reduce(0) { $0 + $1.line.count } == 100 * (16 << 10) + 3)
        #expect(records[0].line.count <= LineAssembler.longestLine + (16 << 10))
        #expect(records[0].time == records[1].time)
        #expect(records[2].line.elementsEqual("next".utf8))
    }
}
