import ComposeModel
import Testing

@Suite struct CanonicalValueTests {
    @Test(
        arguments: [
            (.null, "null"),
            (.bool(true), "true"),
            (.int(-3), "-3"),
            (.double(0.5), "0.5"),
            (.double(2), "2"),
            (.string("a\"b\\c"), #""a\"b\\c""#),
            (.string("<a> & b"), #""\u003ca\u003e \u0026 b""#),
            (.string("\n\r\t\u{8}\u{C}\u{1}\u{2028}"), #""\n\r\t\b\f\u0001\u2028""#),
            (.string("é😀"), "\"é😀\""),
            (.list([]), "[]"),
            (.list([.int(1), .null]), "[1,null]"),
            (.object([]), "{}"),
        ] as [(CanonicalValue, String)])
    func compactJSONIsGos(value: CanonicalValue, expected: String) {
        #expect(String(decoding: value.json(), as: UTF8.self) == expected)
    }

    @Test func fieldsKeepTheirOrder() {
        let value = CanonicalValue.object([.init("b", .int(1)), .init("a", .list([.string("x")]))])
        #expect(String(decoding: value.json(), as: UTF8.self) == #"{"b":1,"a":["x"]}"#)
        let indented = """
            {
              "b": 1,
              "a": [
                "x"
              ]
            }
            """
        #expect(String(decoding: value.json(.indented), as: UTF8.self) == indented)
    }

    @Test func whatSaysNothingIsLeftOut() {
        var fields = CanonicalFields()
        fields.add("text", "")
        fields.add("flag", false)
        fields.add("number", 0)
        fields.addBytes("size", 1024)
        fields.add("map", ["b": "2", "a": "1"])
        fields.set("always", .null)
        #expect(
            String(decoding: fields.object.json(), as: UTF8.self)
                == #"{"size":"1024","map":{"a":"1","b":"2"},"always":null}"#)
    }

    @Test func mapStringsReachesKeys() {
        let value = CanonicalValue.object([.init("$k", .list([.string("$v"), .int(1)]))])
        let doubled = value.mapStrings { $0 == "$k" ? "$$k" : $0 == "$v" ? "$$v" : $0 }
        #expect(doubled == .object([.init("$$k", .list([.string("$$v"), .int(1)]))]))
    }
}
