import ComposeModel
import YAML

/// What a node may look like, and what it becomes: the schema is a table of these, read by every stage that walks it.
indirect enum Shape: Sendable {
    case scalar(ScalarShape)
    case list(ListShape)
    case map(MapShape)
    case object(ObjectShape)
    /// One of several shapes that differ in kind: a scalar, a list, a mapping.
    case either([Shape])
    /// A short form, rewritten as what it stands for.
    case short(ShortForm, of: Shape)
    /// A shape that may be left empty.
    case nullable(Shape)
    /// Anything: extensions.
    case anything
}

/// A value without parts.
struct ScalarShape: Sendable {
    /// YAML's types, as a set.
    struct Types: OptionSet, Sendable {
        let rawValue: Int
        static let string = Types(rawValue: 1)
        static let integer = Types(rawValue: 2)
        static let float = Types(rawValue: 4)
        static let boolean = Types(rawValue: 8)
        static let null = Types(rawValue: 16)
        static let number: Types = [.integer, .float]
    }

    /// What the text has to mean.
    enum Meaning: Sendable {
        case text
        case boolean
        case integer(ClosedRange<Int>)
        case number
        case duration
        case bytes
        case choice([String])
        /// A file's mode: a number as YAML reads it, or octal digits in a string.
        case fileMode
        /// A path, absolute once read.
        case path
        /// A path on the host of a container, absolute once read, but for one of Windows.
        case hostPath
        /// A folder or a remote address to build from.
        case buildContext
        /// A name that a check decides on, and how the check is put.
        case checked(@Sendable (String) -> Bool, String)
    }

    var types: Types
    var meaning: Meaning
}

struct ListShape: Sendable {
    var item: Shape
    var repeats: Repeats

    /// What becomes of items that are the same.
    enum Repeats: Sendable {
        case kept
        /// The last one takes the first one's place.
        case replaced(by: @Sendable (Node) -> String)
        /// An error, because Docker Compose refuses them.
        case refused
    }
}

/// A mapping whose keys are the user's.
struct MapShape: Sendable {
    var value: Shape
    /// Which names are allowed, nil for any.
    var name: NameRule?

    struct NameRule: Sendable {
        var isAllowed: @Sendable (String) -> Bool
        /// The same as a regular expression of ECMA 262.
        var pattern: String
        var sentence: String
    }
}

/// A mapping whose keys are the specification's. A class, because attributes refer to it from many places.
final class ObjectShape: Sendable {
    /// The attributes by name.
    let attributes: [String: Attribute]
    /// The names in the order in which Docker Compose prints them.
    let order: [String]
    let required: [String]
    let allowsExtensions: Bool
    /// Whether a name that is no attribute's is passed over with a warning, as Docker Compose passes over it.
    let ignoresUnknown: Bool
    /// Runs when all attributes have their long form.
    let finish: (@Sendable (inout Mapping, Mark, inout Conformer) -> Void)?

    init(
        _ attributes: [Attribute], required: [String] = [], allowsExtensions: Bool = true,
        ignoresUnknown: Bool = false, finish: (@Sendable (inout Mapping, Mark, inout Conformer) -> Void)? = nil
    ) {
        self.attributes = Dictionary(attributes.map { ($0.name, $0) }) { first, _ in first }
        self.order = attributes.map(\.name)
        self.required = required
        self.allowsExtensions = allowsExtensions
        self.ignoresUnknown = ignoresUnknown
        self.finish = finish
    }
}

/// A row of the schema.
struct Attribute: Sendable {
    var name: String
    var shape: Shape
    var merge: MergeRule
    /// The name that Docker Compose prints, where it is another one.
    var printedName: String?
    /// What is printed where the attribute is absent, nil to leave it out.
    var absent: CanonicalValue?
    /// The strings that mean something, where others are only warned of.
    var knownValues: [String] = []
    /// What it is, for people who write it; nil where the specification says it.
    var summary: String?

    /// How an override combines with what it overrides. Mappings merge and lists append unless a row says otherwise.
    enum MergeRule: Sendable {
        case natural
        case replace
        /// Whole, unless both name the same driver or one of them none.
        case sameDriver
        /// Items with the same key merge.
        case matching(key: String)
    }

    init(
        _ name: String, _ shape: Shape, merge: MergeRule = .natural, absent: CanonicalValue? = nil,
        printedName: String? = nil
    ) {
        self.name = name
        self.printedName = printedName
        self.shape = shape
        self.merge = merge
        self.absent = absent
    }
}

/// A shorter way to write something.
struct ShortForm: Sendable {
    enum Kind: Sendable { case scalar, list, mapping }

    var kind: Kind
    /// Which scalars are meant; others are left to the long form's complaint.
    var types: ScalarShape.Types = .string
    /// Whether Docker Compose prints it as it is where variables are not replaced.
    var staysShort = false
    /// Whether files are merged with the short form as it is, so that an override replaces it.
    var isLate = false
    /// What it stands for: one node, or any number where it is an item of a list. Empty after a reported mistake.
    var expand: @Sendable (Node, inout Conformer) -> [Node]
}

extension Shape {
    /// What is expected, for people.
    var expectation: String {
        switch self {
        case .scalar(let scalar): scalar.expectation
        case .list: "a list"
        case .map, .object: "a mapping"
        case .either(let shapes): Shape.joined(shapes.map(\.expectation))
        case .short(let short, let long): Shape.joined([short.expectation, long.expectation])
        case .nullable(let shape): shape.expectation
        case .anything: "anything"
        }
    }

    private static func joined(_ parts: [String]) -> String {
        var unique: [String] = []
        for part in parts where !unique.contains(part) { unique.append(part) }
        return unique.joined(separator: " or ")
    }
}

extension ShortForm {
    fileprivate var expectation: String {
        switch kind {
        case .scalar: ScalarShape(types: types, meaning: .text).expectation
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

extension ScalarShape {
    fileprivate var expectation: String {
        switch meaning {
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .duration: "a duration such as \"1m30s\""
        case .bytes: "a size such as \"512m\""
        case .choice(let values): "one of " + values.joined(separator: ", ")
        case .path, .hostPath, .buildContext: "a path"
        case .fileMode: "a mode such as 0440"
        case .checked, .text:
            types.contains(.string)
                ? types.intersection(.number).isEmpty ? "a string" : "a string or a number" : "a number"
        }
    }
}
