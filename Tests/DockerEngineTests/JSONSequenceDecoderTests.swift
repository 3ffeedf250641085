import NIOCore
import Testing

@testable import DockerEngine

struct JSONSequenceDecoderTests {
    private func objects(_ pieces: [String]) throws -> [String] {
        var decoder = JSONSequenceDecoder { String(decoding: $0, as: UTF8.self) }
        var objects: [String] = []
        for piece in pieces {
            decoder.push(ByteBuffer(string: piece))
            while let object = try decoder.next() { objects.append(object) }
        }
        #expect(!decoder.isInsideElement)
        return objects
    }

    @Test func objectsFollowOneAnotherHoweverTheyAreCut() throws {
        let expected = [#"{"a":"}\"{"}"#, #"{"b":{"c":[{}]}}"#, "{}"]
        let text = expected[0] + expected[1] + "\r\n \t" + expected[2] + "\n"
        #expect(try objects([text]) == expected)
        #expect(try objects(text.map { String($0) }) == expected)
        for cut in 0...text.count {
            #expect(try objects([String(text.prefix(cut)), String(text.dropFirst(cut))]) == expected)
        }
    }

    @Test func anythingElseIsMalformed() {
        #expect(throws: TransportFailure.self) { try objects(["{}garbage"]) }
        #expect(throws: TransportFailure.self) { try objects(["[1]"]) }
    }

    @Test func anEndlessObjectIsRefused() {
        var decoder = JSONSequenceDecoder { $0 }
        #expect(throws: TransportFailure.self) {
            decoder.push(ByteBuffer(string: #"{"a":""#))
            for _ in 0..<100 {
                decoder.push(ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10))
                _ = try decoder.next()
            }
        }
    }
}
