/// The dialect of `.env` and `env_file`: `KEY=VALUE` lines with quotes, comments and variables.
struct DotEnv {
    typealias Lookup = (String) -> String?

    struct Fault: Error {
        /// 1-based.
        var line: Int
        var message: String
    }

    /// UTF-8 bytes of one file. Linux starts no program whose arguments and variables come to more than 6 MiB; the rest
    /// is room for comments. Each variable takes many times its text in memory.
    private static let largest = 8 * 1024 * 1024

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var remaining = Template.longest

    private static func checkSize(of text: String) throws(Fault) {
        guard text.utf8.count > largest else { return }
        throw Fault(line: 1, message: "the file is larger than \(largest / 1024 / 1024) MiB")
    }

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Reads the text into `variables`. `lookup` answers for keys without a value and, before the variables read so
    /// far, for references in values.
    static func parse(
        _ text: String, into variables: inout [String: String], lookup: @escaping Lookup
    ) throws(Fault) {
        try checkSize(of: text)
        var parser = DotEnv(text)
        while let name = try parser.name() {
            switch name {
            case .inherited(let key):
                if let value = lookup(key) { variables[key] = value }
            case .assigned(let key):
                variables[key] = try parser.value(known: variables, lookup)
            }
        }
    }

    /// Reads `KEY=VALUE` lines as they are: no quotes, no variables.
    static func parseRaw(_ text: String, into variables: inout [String: String], lookup: Lookup) throws(Fault) {
        try checkSize(of: text)
        // Bytes, because a carriage return and a line feed together are one character.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            var rest = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
            if rest.isEmpty || rest.first == UInt8(ascii: "#") { continue }
            let parts = rest.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                .map { Substring($0) }
            let key = String(parts[0])
            guard !key.isEmpty, !key.contains(where: { $0 == " " || $0 == "\t" }) else {
                throw Fault(
                    line: index + 1, message: "\"\(Substring(rest))\" has no name before \"=\", or a space in it")
            }
            if parts.count == 2 {
                variables[key] = String(parts[1])
            } else if let value = lookup(key) {
                variables[key] = value
            }
        }
    }

    /// The line that sets each variable, 1-based; of several the last. What comes after a mistake is left out.
    static func lines(of text: String, isRaw: Bool) -> [String: Int] {
        var found: [String: Int] = [:]
        if isRaw {
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let name = line.drop { $0 == " " || $0 == "\t" }.prefix { $0 != "=" && $0 != "\r" }
                if !name.isEmpty, name.first != "#" { found[String(name)] = index + 1 }
            }
            return found
        }
        var parser = DotEnv(text)
        while let name = try? parser.name() {
            let line = parser.line
            switch name {
            case .inherited(let key): found[key] = line
            case .assigned(let key):
                found[key] = line
                // Any value will do; that of `${X:?}` must be there.
                guard (try? parser.value(known: [:]) { _ in "x" }) != nil else { return found }
            }
        }
        return found
    }

    private enum Name {
        case inherited(String)
        case assigned(String)
    }

    /// The next key, with the position after its `=`; nil at the end.
    private mutating func name() throws(Fault) -> Name? {
        skipBlankLines()
        guard position < bytes.count else { return nil }
        skipExport()
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "="), UInt8(ascii: ":"):
                let key = try key(from: start)
                position += 1
                skipBlanks()
                return .assigned(key)
            case UInt8(ascii: "\n"):
                return .inherited(try key(from: start))
            default:
                guard Self.isBlank(byte) || Self.belongsToName(byte) else {
                    throw Fault(line: line, message: "\(quoted(from: position)) does not belong in a variable's name")
                }
                position += 1
            }
        }
        return .inherited(try key(from: start))
    }

    private func key(from start: Int) throws(Fault) -> String {
        var end = position
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        let key = String(decoding: bytes[start..<end], as: UTF8.self)
        guard !key.utf8.contains(UInt8(ascii: " ")) else {
            throw Fault(line: line, message: "\"\(key)\" has a space in a variable's name")
        }
        return key
    }

    private func quoted(from start: Int) -> String {
        let rest = String(decoding: bytes[start..<min(start + 4, bytes.count)], as: UTF8.self)
        return rest.first.map { "\"\($0)\"" } ?? "the end"
    }

    private mutating func value(known: [String: String], _ lookup: @escaping Lookup) throws(Fault) -> String {
        guard position < bytes.count else { return "" }
        let quote = bytes[position]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let text = try quotedValue(quote)
            return quote == UInt8(ascii: "'") ? text : try expand(Self.unescape(Array(text.utf8)), known, lookup)
        }
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        var end = position
        for index in start..<max(start, position - 1)
        where bytes[index] == UInt8(ascii: " ") && bytes[index + 1] == UInt8(ascii: "#") {
            end = index
            break
        }
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        return try expand(String(decoding: bytes[start..<end], as: UTF8.self), known, lookup)
    }

    private mutating func quotedValue(_ quote: UInt8) throws(Fault) -> String {
        let first = line
        position += 1
        var value: [UInt8] = []
        var isEscaped = false
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == quote, !isEscaped { return String(decoding: value, as: UTF8.self) }
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            if isEscaped, byte != quote { value.append(UInt8(ascii: "\\")) }
            isEscaped = false
            value.append(byte)
        }
        throw Fault(line: first, message: "a quote is not closed")
    }

    private mutating func expand(
        _ text: String, _ known: [String: String], _ lookup: @escaping Lookup
    ) throws(Fault) -> String {
        guard Template.isTemplate(text) else { return text }
        var template = Template(remaining: remaining) { lookup($0) ?? known[$0] }
        do throws(Template.Fault) {
            let value = try template.substitute(text)
            remaining = template.remaining
            return value
        } catch {
            switch error {
            case .invalid(let text):
                throw Fault(line: line, message: "\"\(text)\" is not a reference to a variable; write $$ for a dollar")
            case .required(let name, let message):
                throw Fault(line: line, message: "the variable \(name) is required: \(message)")
            case .tooLong:
                throw Fault(line: line, message: "the values come to more than \(Template.longest / 1024 / 1024) MiB")
            }
        }
    }

    /// Go's escapes; a dollar that was escaped stays one.
    private static func unescape(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                output.append(bytes[index])
                index += 1
                continue
            }
            let next = bytes[index + 1]
            index += 2
            switch next {
            case UInt8(ascii: "a"): output.append(7)
            case UInt8(ascii: "b"): output.append(8)
            case UInt8(ascii: "f"): output.append(12)
            case UInt8(ascii: "n"): output.append(10)
            case UInt8(ascii: "r"): output.append(13)
            case UInt8(ascii: "t"): output.append(9)
            case UInt8(ascii: "v"): output.append(11)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): output.append(next)
            case UInt8(ascii: "$"): output += [next, next]
            case UInt8(ascii: "0"):
                let digits = bytes[index...].prefix(3).prefix { (0x30...0x37).contains($0) }
                if digits.count == 3, let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 8),
                    value < 256,
                    let scalar = Unicode.Scalar(value)
                {
                    output += Array(String(Character(scalar)).utf8)
                    index += 3
                } else {
                    // The zero only says that digits follow.
                    output.append(UInt8(ascii: "\\"))
                }
            default: output += [UInt8(ascii: "\\"), next]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func skipBlankLines() {
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") {
                line += 1
                position += 1
            } else if Self.isBlank(bytes[position]) {
                position += 1
            } else if bytes[position] == UInt8(ascii: "#") {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func skipBlanks() {
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    }

    private mutating func skipExport() {
        let word = Array("export".utf8)
        let end = position + word.count
        guard end < bytes.count, bytes[position..<end].elementsEqual(word), Self.isBlank(bytes[end]) else { return }
        position = end
        skipBlanks()
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (9...13).contains(byte) && byte != UInt8(ascii: "\n")
    }

    private static func belongsToName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "["), UInt8(ascii: "]"): true
        default: false
        }
    }
}
