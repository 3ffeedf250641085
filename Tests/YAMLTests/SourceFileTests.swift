import Testing
import YAML

@Suite struct SourceFileTests {
    private static let text = "a: \"é😀\"\n"

    @Test func readsEveryEncodingYAMLNames() throws {
        let utf8 = Array(Self.text.utf8)
        let little = Self.text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let big = Self.text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        for bytes in [utf8, [0xEF, 0xBB, 0xBF] + utf8, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big] {
            let file = try SourceFile(path: "x", bytes: bytes)
            #expect(file.text == Self.text)
            #expect(try YAMLParser().documents(in: file).map(\.summary) == ["{a: \"é😀\"}"])
        }
        #expect(try SourceFile(path: "x", bytes: []).text.isEmpty)
    }

    @Test(arguments: [
        (
            Array("a: 1\nb: é".utf8) + [0xFF],
            "x:2:5: the file is not valid UTF-8: byte 0xFF cannot stand here; save the file as UTF-8"
        ),
        ([0x61, 0xC3], "x:1:2: the file is not valid UTF-8: byte 0xC3 cannot stand here; save the file as UTF-8"),
        (
            [0xED, 0xA0, 0x80],
            "x:1:1: the file is not valid UTF-8: byte 0xED cannot stand here; save the file as UTF-8"
        ),
        (
            [0xFF, 0xFE, 0x61, 0x00, 0x00, 0xD8, 0x61, 0x00],
            "x:1:2: the file is not valid UTF-16: half of a surrogate pair; save the file as UTF-8"
        ),
        (
            [0xFE, 0xFF, 0x00, 0x61, 0x00],
            "x:1:2: the file is not valid UTF-16: it ends within a character; save the file as UTF-8"
        ),
    ])
    func locatesBytesThatAreNoText(bytes: [UInt8], expected: String) {
        let error = #expect(throws: YAMLError.self) { try SourceFile(path: "x", bytes: bytes) }
        #expect(error?.code == .encoding)
        #expect(error?.description == expected)
    }

    @Test func recognisesUTF16WithoutAMark() throws {
        let bytes = "a: 1".utf8.flatMap { [$0, 0 as UInt8] }
        let file = try SourceFile(path: "x", bytes: bytes)
        let error = #expect(throws: YAMLError.self) { try YAMLParser().documents(in: file) }
        #expect(error?.message.contains("UTF-16 without a byte order mark") == true)
    }
}
