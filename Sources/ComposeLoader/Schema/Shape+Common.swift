import YAML

/// The shapes that rows of the schema are made of.
extension Shape {
    static let string = Shape.scalar(ScalarShape(types: .string, meaning: .text))
    static let text = Shape.scalar(ScalarShape(types: [.string, .number], meaning: .text))
    static let path = Shape.scalar(ScalarShape(types: .string, meaning: .path))
    static let hostPath = Shape.scalar(ScalarShape(types: .string, meaning: .hostPath))
    static let boolean = Shape.scalar(ScalarShape(types: [.string, .boolean], meaning: .boolean))
    static let integer = Shape.scalar(ScalarShape(types: [.string, .number], meaning: .integer(Int.min...Int.max)))
    static let number = Shape.scalar(ScalarShape(types: [.string, .number], meaning: .number))
    static let duration = Shape.scalar(ScalarShape(types: .string, meaning: .duration))
    static let bytes = Shape.scalar(ScalarShape(types: [.string, .number], meaning: .bytes))

    static let fileMode = Shape.scalar(ScalarShape(types: [.string, .number], meaning: .fileMode))

    static func integer(_ range: ClosedRange<Int>) -> Shape {
        .scalar(ScalarShape(types: [.string, .number], meaning: .integer(range)))
    }

    static func choice(_ values: String...) -> Shape {
        .scalar(ScalarShape(types: .string, meaning: .choice(values)))
    }

    static func checked(_ sentence: String, _ check: @escaping @Sendable (String) -> Bool) -> Shape {
        .scalar(ScalarShape(types: .string, meaning: .checked(check, sentence)))
    }

    static func list(_ item: Shape, _ repeats: ListShape.Repeats = .kept) -> Shape {
        .list(ListShape(item: item, repeats: repeats))
    }

    static func map(_ value: Shape, name: MapShape.NameRule? = nil) -> Shape {
        .map(MapShape(value: value, name: name))
    }

    static func object(
        _ attributes: [Attribute], required: [String] = [], allowsExtensions: Bool = true,
        ignoresUnknown: Bool = false, finish: (@Sendable (inout Mapping, Mark, inout Conformer) -> Void)? = nil
    ) -> Shape {
        .object(
            ObjectShape(
                attributes, required: required, allowsExtensions: allowsExtensions, ignoresUnknown: ignoresUnknown,
                finish: finish))
    }

    /// Strings in a list, or one alone.
    static func stringOrList(
        _ item: Shape = .string, _ repeats: ListShape.Repeats = .kept, staysShort: Bool = false
    ) -> Shape {
        .short(staysShort ? .alone.stayingShort : .alone, of: .list(item, repeats))
    }

    /// `KEY=VALUE` lines or a mapping; a key alone has null.
    static let keyValues = Shape.short(
        .keyValueLines.stayingShort,
        of: .map(.scalar(ScalarShape(types: [.string, .number, .boolean, .null], meaning: .text))))

    /// A command line or a list of words; null keeps the image's.
    static let command = Shape.nullable(.short(.commandLine, of: .list(.string)))

    /// A mapping of driver options.
    static let driverOptions = Shape.map(.text)

    static let extraHosts = Shape.short(
        .hostMapping,
        of: .list(
            .checked("a host with its address, as in host=192.0.2.1") { line in
                guard let separator = line.firstIndex(of: "=") ?? line.firstIndex(of: ":") else { return false }
                let host = line[..<separator]
                return !host.isEmpty && !host.contains(":")
            }, .replaced(by: ListShape.text)))

    static let ulimits = Shape.map(
        .either([
            .integer,
            .object([Attribute("soft", .integer), Attribute("hard", .integer)], required: ["soft", "hard"]),
        ]))

    /// `configs`, `secrets` and `build.secrets`.
    static func fileMounts(prefix: String) -> Shape {
        .list(
            .short(
                .named("source"),
                of: .object([
                    Attribute("source", .string),
                    Attribute("target", .string),
                    Attribute("uid", .string),
                    Attribute("gid", .string),
                    Attribute("mode", .fileMode),
                ])),
            .replaced { item in
                item.field("target")?.text ?? prefix + "/" + (item.field("source")?.text ?? "")
            })
    }
}

extension MapShape.NameRule {
    /// Letters, digits, `.`, `_` and `-`: the names of services, networks and the like.
    static let resource = MapShape.NameRule(
        isAllowed: { name in
            !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                }
        },
        pattern: "^[a-zA-Z0-9._-]+$", sentence: "may have letters, digits, \".\", \"_\" and \"-\" only")
}

extension ListShape {
    /// Items are the same when their text is.
    @Sendable static func text(_ item: Node) -> String { item.text ?? "" }

    /// Items are the same when what comes before `=` is.
    @Sendable static func key(_ item: Node) -> String {
        let text = item.text ?? ""
        return text.utf8.firstIndex(of: UInt8(ascii: "=")).map { String(text[..<$0]) } ?? text
    }

    /// Items are the same when the attribute is.
    static func attribute(_ name: String) -> @Sendable (Node) -> String {
        { $0.field(name)?.text ?? "" }
    }
}

extension Node {
    /// A scalar's text, nil for anything else.
    var text: String? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.text
    }

    var mapping: Mapping? {
        guard case .mapping(let mapping) = content else { return nil }
        return mapping
    }

    var items: [Node]? {
        guard case .sequence(let items) = content else { return nil }
        return items
    }

    /// Whether it is a scalar that means nothing: empty, `null`, `~`.
    var isNull: Bool {
        guard case .scalar(let scalar) = content, scalar.style == .plain, scalar.text.utf8.count <= 4 else {
            return false
        }
        return scalarValue == .null
    }

    /// The number that YAML 1.1 has for a plain scalar such as `22:22`, nil for any other.
    var base60: Int? {
        guard tag == nil, case .scalar(let scalar) = content, scalar.style == .plain else { return nil }
        let parts = scalar.text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, ("1"..."9").contains(first.first ?? "0") else { return nil }
        var total = 0
        for (index, part) in parts.enumerated() {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(part),
                index == 0 || (number < 60 && part.utf8.count <= 2)
            else { return nil }
            let (product, overflow) = total.multipliedReportingOverflow(by: 60)
            guard !overflow, product <= Int.max - number else { return nil }
            total = product + number
        }
        return total
    }

    /// The value of a mapping's key.
    func field(_ name: String) -> Node? { mapping?[name] }

    /// A string at the place of this node.
    func string(_ text: String) -> Node { Node(.scalar(Scalar(text, style: .doubleQuoted)), mark: mark) }

    /// A plain scalar at the place of this node.
    func plain(_ text: String) -> Node { Node(.scalar(Scalar(text)), mark: mark) }

    /// A mapping at the place of this node.
    func object(_ fields: [(String, Node?)]) -> Node {
        Node(
            .mapping(
                Mapping(
                    fields.compactMap { name, value in
                        value.map { Mapping.Entry(key: Mapping.Key(name, mark: mark), value: $0) }
                    })), mark: mark)
    }

    func list(_ items: [Node]) -> Node { Node(.sequence(items), mark: mark) }
}
