/// A YAML file's identity and text, shared by every mark that points into it.
///
/// Diagnostics quote the line a mark points at, so the text lives as long as any node made from it.
public final class SourceFile: Sendable {
    /// The path as the user would name it; `-` for standard input.
    public let path: String
    /// The text, decoded as UTF-8 with a byte order mark removed.
    public let text: String

    /// A file whose text is already at hand; `SourceFile(path:bytes:)` decodes one.
    public init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}

/// A place in a source file.
public struct Mark: Sendable {
    /// The file it points into.
    public let file: SourceFile
    /// 1-based.
    public let line: Int
    /// 1-based, counted in Unicode scalars.
    public let column: Int

    /// The place at a line and column, both from 1.
    public init(file: SourceFile, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// A YAML node that remembers where it was written.
///
/// Aliases are already replaced by what they name and merge keys (`<<`) are already applied; a node that came through
/// an alias keeps the mark of the anchor's content, because that is the text a person would have to change.
public struct Node: Sendable {
    /// What the node holds.
    public var content: Content
    /// The explicit tag as written (`!reset`, `!!str` as `tag:yaml.org,2002:str`), nil where there was none.
    public var tag: String?
    /// Where its content starts.
    public var mark: Mark

    /// The three kinds of nodes.
    public enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping(Mapping)
    }

    /// A node of this content and tag, written at `mark`.
    public init(_ content: Content, tag: String? = nil, mark: Mark) {
        self.content = content
        self.tag = tag
        self.mark = mark
    }
}

/// A scalar's text and how it was written, from which its type follows.
public struct Scalar: Sendable {
    /// How a scalar is written; only a plain one can be anything but a string.
    public enum Style: Sendable { case plain, singleQuoted, doubleQuoted, literal, folded }
    /// The text without quotes, escapes and indentation.
    public var text: String
    /// How it was written.
    public var style: Style

    /// A scalar of this text and style.
    public init(_ text: String, style: Style = .plain) {
        self.text = text
        self.style = style
    }
}

/// A mapping in source order with unique string keys.
public struct Mapping: Sendable {
    /// A key and where it was written.
    public struct Key: Sendable {
        /// The key's text.
        public var name: String
        /// Where the key starts; for a merged entry, where the merged mapping has it.
        public var mark: Mark
        /// False for a plain key that means something else than its text, as `1`, `true`, `null` or `2001-12-14`.
        public var isString: Bool

        /// A key of this text, written at `mark`.
        public init(_ name: String, mark: Mark, isString: Bool = true) {
            self.name = name
            self.mark = mark
            self.isString = isString
        }
    }

    /// A key with its value.
    public struct Entry: Sendable {
        /// The key.
        public var key: Key
        /// The value.
        public var value: Node

        /// An entry of this key and value.
        public init(key: Key, value: Node) {
            self.key = key
            self.value = value
        }
    }

    /// The entries in source order; merged ones come after written ones.
    public private(set) var entries: [Entry] = []
    /// Where each name is, kept only for mappings of more than ``searchedLinearly`` entries.
    private var positions: [String: Int] = [:]

    /// Comparing a few short names is cheaper than building and asking a dictionary, and most mappings are small.
    private static let searchedLinearly = 8

    /// A mapping of these entries; of equal keys the last value wins, at the first one's position.
    public init(_ entries: [Entry] = []) {
        for entry in entries { set(entry) }
    }

    /// The value of `name`, nil where the key is absent.
    public subscript(name: String) -> Node? { position(of: name).map { entries[$0].value } }

    /// The entry of `name`, with the key's mark.
    public func entry(_ name: String) -> Entry? { position(of: name).map { entries[$0] } }

    /// Replaces the entry with the same key in place, or appends.
    public mutating func set(_ entry: Entry) {
        if let position = position(of: entry.key.name) {
            entries[position] = entry
        } else {
            append(entry)
        }
    }

    /// Appends the entry unless its key is there already; then nothing changes and the entry that has it is returned.
    mutating func insert(_ entry: Entry) -> Entry? {
        if let position = position(of: entry.key.name) { return entries[position] }
        append(entry)
        return nil
    }

    /// Removes `name`, keeping the order of the others.
    public mutating func remove(_ name: String) {
        guard let position = position(of: name) else { return }
        entries.remove(at: position)
        positions = [:]
        indexIfLarge()
    }

    private func position(of name: String) -> Int? {
        positions.isEmpty ? entries.firstIndex { $0.key.name == name } : positions[name]
    }

    private mutating func append(_ entry: Entry) {
        entries.append(entry)
        if positions.isEmpty {
            indexIfLarge()
        } else {
            positions[entry.key.name] = entries.count - 1
        }
    }

    private mutating func indexIfLarge() {
        guard entries.count > Self.searchedLinearly else { return }
        for (position, entry) in entries.enumerated() { positions[entry.key.name] = position }
    }
}
