/// Why a file is not the YAML it should be, and where.
public struct YAMLError: Error, Sendable, CustomStringConvertible {
    /// What kind of mistake it is, for programs; people read ``YAMLError/message``.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as in `duplicateKey`.
        public let description: String

        /// The text is not YAML.
        public static let syntax = Code(description: "syntax")
        /// The bytes are not UTF-8 or UTF-16, or hold characters YAML does not allow.
        public static let encoding = Code(description: "encoding")
        /// A mapping has the same key twice.
        public static let duplicateKey = Code(description: "duplicateKey")
        /// A mapping or a sequence is used as a key.
        public static let complexKey = Code(description: "complexKey")
        /// An alias names no anchor before it.
        public static let unknownAlias = Code(description: "unknownAlias")
        /// An anchor's content contains an alias to itself.
        public static let recursiveAlias = Code(description: "recursiveAlias")
        /// A merge key's value is neither a mapping nor a list of mappings.
        public static let invalidMerge = Code(description: "invalidMerge")
        /// A scalar is not what its tag says, as `!!int abc`.
        public static let invalidScalar = Code(description: "invalidScalar")
        /// ``YAMLLimits/fileSize`` is exceeded.
        public static let fileTooLarge = Code(description: "fileTooLarge")
        /// ``YAMLLimits/depth`` is exceeded.
        public static let tooDeep = Code(description: "tooDeep")
        /// ``YAMLLimits/nodes`` is exceeded.
        public static let tooManyNodes = Code(description: "tooManyNodes")
        /// ``YAMLLimits/aliasNodes`` or ``YAMLLimits/expandedText`` is exceeded.
        public static let expansionTooLarge = Code(description: "expansionTooLarge")
        /// ``YAMLLimits/tagDirectives`` is exceeded.
        public static let tooManyDirectives = Code(description: "tooManyDirectives")
        /// The parser could not get memory.
        public static let outOfMemory = Code(description: "outOfMemory")
    }

    /// The kind of mistake.
    public var code: Code
    /// A sentence for a person, without the place.
    public var message: String
    /// Where it was found, always within the file.
    public var mark: Mark
    /// The other place it is about: the first of two equal keys, the anchor an alias names.
    public var related: Mark?

    /// An error at `mark`.
    public init(_ code: Code, _ message: String, at mark: Mark, related: Mark? = nil) {
        self.code = code
        self.message = message
        self.mark = mark
        self.related = related
    }

    /// A text from the file as a message quotes it: on one line and not for ever.
    static func quoted(_ text: String) -> String {
        let longest = 60
        return text.count > longest ? String(text.prefix(longest) + "...").debugDescription : text.debugDescription
    }

    /// `path:line:column: message`.
    public var description: String { "\(mark.file.path):\(mark.line):\(mark.column): \(message)" }
}
