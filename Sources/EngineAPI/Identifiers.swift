/// What names one kind of engine object: an identifier or a name, which the Engine API accepts alike.
public protocol EngineIdentifier: RawRepresentable, Hashable, Codable, Sendable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
where RawValue == String {
    /// Makes an identifier; any text is accepted, the engine decides whether it names anything.
    init(rawValue: String)
}

extension EngineIdentifier {
    /// An identifier from its text.
    public init(_ text: String) { self.init(rawValue: text) }
    /// An identifier from a literal.
    public init(stringLiteral value: String) { self.init(rawValue: value) }
    /// The text as the engine knows it.
    public var description: String { rawValue }
    /// The first twelve characters, as people and engines abbreviate identifiers.
    public var short: String { String(rawValue.prefix(12)) }
    /// Orders by text.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A container's identifier or name.
public struct ContainerID: EngineIdentifier {
    /// The text.
    public let rawValue: String
    /// Makes an identifier from text.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A network's identifier or name.
public struct NetworkID: EngineIdentifier {
    /// The text.
    public let rawValue: String
    /// Makes an identifier from text.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// An image's identifier (`sha256:…`).
public struct ImageID: EngineIdentifier {
    /// The text.
    public let rawValue: String
    /// Makes an identifier from text.
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// An exec session's identifier.
public struct ExecID: EngineIdentifier {
    /// The text.
    public let rawValue: String
    /// Makes an identifier from text.
    public init(rawValue: String) { self.rawValue = rawValue }
}
