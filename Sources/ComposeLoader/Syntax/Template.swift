/// Text with variables: `$NAME`, `${NAME}`, `${NAME:-default}` and the other operators, `$$` for a dollar.
struct Template {
    /// Finds a variable's value, nil where it is not set.
    typealias Lookup = (String) -> String?

    enum Fault: Error {
        /// The text from the dollar on is no reference.
        case invalid(String)
        /// A variable that `?` or `:?` demands, and what the text says about it.
        case required(name: String, message: String)
        /// The values together are longer than ``Template/longest``.
        case tooLong
    }

    /// UTF-8 bytes that the values of one file may come to. A file can double a variable on each line; a person's
    /// values are a few hundred bytes.
    static let longest = 32 * 1024 * 1024

    /// What defaults may be inside each other. People write two or three.
    static let depth = 64

    /// The names that were neither set nor given a default, in the order they were met.
    private(set) var unset: [String] = []
    /// How many bytes may still be produced.
    private(set) var remaining: Int
    private let lookup: Lookup

    init(remaining: Int = Template.longest, lookup: @escaping Lookup) {
        self.remaining = remaining
        self.lookup = lookup
    }

    /// Whether there is anything to replace in the text.
    static func isTemplate(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "$")) }

    /// The text with its references replaced.
    mutating func substitute(_ text: String) throws(Fault) -> String {
        let output = try substitute(Array(text.utf8)[...], depth: 0)
        remaining -= output.count
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func substitute(_ text: ArraySlice<UInt8>, depth: Int) throws(Fault) -> [UInt8] {
        guard depth <= Template.depth else { throw .invalid(String(decoding: text, as: UTF8.self)) }
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var rest = text
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            guard output.count <= remaining else { throw .tooLong }
            output += rest[..<dollar]
            rest = rest[(dollar + 1)...]
            switch rest.first {
            case UInt8(ascii: "$"):
                output.append(UInt8(ascii: "$"))
                rest.removeFirst()
            case UInt8(ascii: "{"):
                let inner = rest.dropFirst()
                guard let close = Template.closingBrace(of: inner) else {
                    throw .invalid(String(decoding: text, as: UTF8.self))
                }
                output += try value(of: inner[..<close], in: text, depth: depth)
                rest = inner[(close + 1)...]
            case let first? where Template.startsName(first):
                let name = rest.prefix(while: Template.continuesName)
                output += value(of: name)
                rest = rest[name.endIndex...]
            default:
                output.append(UInt8(ascii: "$"))
            }
        }
        output += rest
        guard output.count <= remaining else { throw .tooLong }
        return output
    }

    /// The brace that closes a reference, with the pairs inside skipped.
    static func closingBrace(of text: ArraySlice<UInt8>) -> Int? {
        var open = 1
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "{"): open += 1
            case UInt8(ascii: "}"):
                open -= 1
                if open == 0 { return index }
            default: break
            }
        }
        return nil
    }

    private mutating func value(
        of reference: ArraySlice<UInt8>, in whole: ArraySlice<UInt8>, depth: Int
    ) throws(Fault) -> [UInt8] {
        let name = reference.prefix(while: Template.continuesName)
        guard let first = name.first, Template.startsName(first) else {
            throw .invalid(String(decoding: whole, as: UTF8.self))
        }
        var rest = reference[name.endIndex...]
        guard !rest.isEmpty else { return value(of: name) }
        let emptyIsUnset = rest.first == UInt8(ascii: ":")
        if emptyIsUnset { rest.removeFirst() }
        guard let operation = rest.popFirst(), !rest.contains(UInt8(ascii: "\n")) else {
            throw .invalid(String(decoding: whole, as: UTF8.self))
        }
        let text = String(decoding: name, as: UTF8.self)
        let found = lookup(text)
        let isSet = found.map { !emptyIsUnset || !$0.isEmpty } ?? false
        switch operation {
        case UInt8(ascii: "-"):
            if isSet, let found { return Array(found.utf8) }
            return try substitute(rest, depth: depth + 1)
        case UInt8(ascii: "+"):
            if isSet { return try substitute(rest, depth: depth + 1) }
            return Array((found ?? "").utf8)
        case UInt8(ascii: "?"):
            if isSet, let found { return Array(found.utf8) }
            let message = try substitute(rest, depth: depth + 1)
            throw .required(name: text, message: String(decoding: message, as: UTF8.self))
        default:
            throw .invalid(String(decoding: whole, as: UTF8.self))
        }
    }

    private mutating func value(of name: ArraySlice<UInt8>) -> [UInt8] {
        let text = String(decoding: name, as: UTF8.self)
        if let found = lookup(text) { return Array(found.utf8) }
        unset.append(text)
        return []
    }

    static func startsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }

    static func continuesName(_ byte: UInt8) -> Bool {
        startsName(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
