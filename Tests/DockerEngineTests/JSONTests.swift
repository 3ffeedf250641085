import FoundationEssentials
import Testing

@testable import DockerEngine

struct JSONTests {
    /// Everything that a text may hold and that JSON writes in another way.
    private static let texts =
        (0..<0x80).map { "a\(Unicode.Scalar(UInt8($0)))b" } + ["", "/\"\\", "ü€𝄞\u{FFFD}\u{2028}", "e\u{301}", "\r\n"]

    @Test(arguments: texts) func aTextIsWrittenAndReadAsFoundationDoes(_ text: String) throws {
        let ours = JSONText.encode([text: [text]])
        #expect(try JSONDecoder().decode([String: [String]].self, from: Data(ours)) == [text: [text]])
        let theirs = Array(try JSONEncoder().encode([text: [text]]))
        #expect(try [String: [String]](JSONValue(text: theirs)) == [text: [text]])
    }

    @Test func valuesAreWrittenAsFoundationDoes() throws {
        struct Body: JSONWritable, Encodable {
            var a: Bool? = true
            var b: Int64? = .min
            var c: [Int]? = [0, .max]
            var d: [String: [[String]]]? = ["z": [[]], "a": [["x"], []], "": []]
            var e: String?
            var f: [String: Int]? = [:]

            func write(to json: inout JSONWriter) {
                json.object { json in
                    json.add("a", a)
                    json.add("b", b)
                    json.add("c", c)
                    json.add("d", d)
                    json.add("e", e)
                    json.add("f", f)
                }
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(JSONText.encode(Body()) == Array(try encoder.encode(Body())))
    }

    private static let sample = #"""
         { "n" : null , "t":true,"f":false,
          "i":-9223372036854775808,"u":1700000000123456789, "l":[ ],"o":{ }, "d" : [[{"x":"\u00e9\uD834\udd1e\/\b\f\n\r\t"}] ,[]] }
        """#

    @Test func valuesAreRead() throws {
        let json = try JSONValue(text: Array(JSONTests.sample.utf8))
        let absent: [String?] = try [json.read("n"), json.read("none")]
        #expect(absent == [nil, nil])
        #expect(try json.read("t") == true && json.read("f") == false)
        #expect(try json.read("i") == Int64.min && json.read("u") == 1_700_000_000_123_456_789)
        #expect(try json.read("l") == [Int]() && json.read("o") == [String: Int]())
        #expect(try json.read("d") == [[["x": "é𝄞/\u{8}\u{C}\n\r\t"]], []])
    }

    @Test func anotherShapeIsRefused() throws {
        let json = try JSONValue(text: Array(JSONTests.sample.utf8))
        #expect(throws: JSONMismatch.self) { let _: String = try json.read("none") }
        #expect(throws: JSONMismatch.self) { let _: String? = try json.read("t") }
        #expect(throws: JSONMismatch.self) { let _: Int = try json.read("n") }
        #expect(throws: JSONMismatch.self) { let _: [Int] = try json.read("o") }
        #expect(throws: JSONMismatch.self) { let _: Int? = try JSONValue(text: Array("[]".utf8)).read("x") }
        #expect(throws: JSONMismatch.self) { let _ = try Int(JSONValue(text: Array("1.5".utf8))) }
    }

    @Test func noPartOfATextIsTakenForTheWhole() {
        let text = Array(JSONTests.sample.utf8)
        for end in text.indices { #expect(throws: JSONMismatch.self) { try JSONValue(text: Array(text[..<end])) } }
    }

    @Test(arguments: [
        "", "{} x", "[1,]", "{,}", #"{"a"}"#, #"{"a":1,}"#, "[1 2]", "tru", "nul", "'a'", "\"\n\"", #""\x""#,
        #""\u12g4""#,
        #""\u12"#, "]", "[}", String(repeating: "[", count: 100_000),
    ]) func whatIsNotJSONIsRefused(_ text: String) {
        #expect(throws: JSONMismatch.self) { try JSONValue(text: Array(text.utf8)) }
    }

    @Test(arguments: [#""\ud834""#, #""\ud834x""#, #""\udd1e""#, #""\ud834A""#])
    func halfOfASurrogatePairIsAReplacementCharacter(_ text: String) throws {
        #expect(try String(JSONValue(text: Array(text.utf8))).unicodeScalars.first == "\u{FFFD}")
    }
}
