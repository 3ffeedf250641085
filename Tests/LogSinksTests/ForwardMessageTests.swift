import EngineAPI
import Testing

@testable import LogSinks

/// What an engine's log driver sends is read in each mode of the protocol.
@Suite struct ForwardMessageTests {
    private static func text(_ text: String) -> MessagePackValue { .bytes(Array(text.utf8)) }

    private static let time = MessagePackValue.other(type: 0, [0, 0, 0, 1, 0, 0, 0, 7])
    private static let options = MessagePackValue.map([(text("chunk"), text("abc"))])

    private static func record(_ more: [(String, String)] = []) -> MessagePackValue {
        let facts =
            [("container_id", "c1"), ("container_name", "/web-1"), ("source", "stderr"), ("log", "line")] + more
        return .map(facts.map { (text($0.0), text($0.1)) })
    }

    private static func entry(_ part: ForwardEntry.Part? = nil) -> ForwardEntry {
        ForwardEntry(
            time: EngineTime(nanoseconds: 1_000_000_007), container: "c1", name: "web-1", stream: .stderr,
            bytes: Array("line".utf8), part: part)
    }

    @Test func aLineIsReadInEachMode() throws {
        let modes: [[MessagePackValue]] = [
            [Self.text("tag"), Self.time, Self.record(), Self.options],
            [Self.text("tag"), .array([.array([Self.time, Self.record()])]), Self.options],
        ]
        for mode in modes {
            let message = try ForwardMessage(.array(mode))
            #expect(message == ForwardMessage(tag: "tag", entries: [Self.entry()], chunk: "abc"))
        }
    }

    @Test func aPieceSaysWhichItIs() throws {
        let facts = [
            ("partial_message", "true"), ("partial_id", "ab"), ("partial_ordinal", "3"), ("partial_last", "false"),
        ]
        let message = try ForwardMessage(.array([Self.text("tag"), Self.time, Self.record(facts)]))
        #expect(message.entries == [Self.entry(.init(line: "ab", ordinal: 3, isLast: false))] && message.chunk == nil)
    }

    @Test func whatIsNoMessageIsRefused() {
        for value in [MessagePackValue.null, .array([]), .array([Self.text("t"), .integer(1), .map([])])] {
            #expect(throws: ForwardMessage.Malformed.self) { try ForwardMessage(value) }
        }
    }
}
