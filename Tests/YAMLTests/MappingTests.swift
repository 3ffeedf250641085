import Testing
import YAML

@Suite struct MappingTests {
    private let mark = Mark(file: SourceFile(path: "x", text: ""), line: 1, column: 1)

    private func entry(_ name: String, _ value: String) -> Mapping.Entry {
        Mapping.Entry(key: Mapping.Key(name, mark: mark), value: Node(.scalar(Scalar(value)), mark: mark))
    }

    @Test(arguments: [3, 8, 9, 40])
    func findsReplacesAndRemoves(count: Int) {
        var mapping = Mapping((0..<count).map { entry("k\($0)", "v\($0)") })
        for index in 0..<count { #expect(mapping["k\(index)"]?.summary == "v\(index)") }
        mapping.set(entry("k1", "new"))
        mapping.remove("k0")
        mapping.remove("absent")
        #expect(mapping.entries.map(\.key.name) == (1..<count).map { "k\($0)" })
        #expect(mapping["k0"] == nil)
        #expect(mapping["k1"]?.summary == "new")
        #expect(mapping.entry("k\(count - 1)")?.value.summary == "v\(count - 1)")
        mapping.set(entry("k0", "back"))
        #expect(mapping.entries.last?.key.name == "k0")
        #expect(mapping["k0"]?.summary == "back")
    }
}
