/// A string in the YAML style that says it with the least noise, chosen as go-yaml chooses.
struct ScalarText {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// On one line: plain, single-quoted or double-quoted.
    var flow: String {
        if text.unicodeScalars.contains(where: { !$0.isPrintable }) || meansSomethingElse { return doubleQuoted }
        return isPlain ? text : singleQuoted
    }

    /// As a value in a block: like ``flow``, or a literal block of the given indentation for a text of several lines.
    func block(indent: Int) -> String {
        guard text.utf8.contains(UInt8(ascii: "\n")), isLiteral else { return flow }
        var result = "|"
        if !text.hasSuffix("\n") {
            result += "-"
        } else if text.hasSuffix("\n\n") {
            result += "+"
        }
        let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
        for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
            result += "\n"
            if !line.isEmpty { result += String(repeating: " ", count: indent) + line }
        }
        return result
    }

    /// Whether, unquoted, it would be no string to a YAML 1.2 reader, or to one that still follows 1.1.
    private var meansSomethingElse: Bool {
        if text == "<<" || isYAML11Bool || isSexagesimal { return true }
        if case .string = Scalar.plainValue(text) { return false }
        return true
    }

    private var isYAML11Bool: Bool {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF": true
        default: false
        }
    }

    /// Whether YAML 1.1 takes it for a number of base 60, as the port mapping `22:22`:
    /// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
    private var isSexagesimal: Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1, var first = parts.first, let last = parts.last else { return false }
        if first.hasPrefix("+") || first.hasPrefix("-") { first.removeFirst() }
        guard first.first != "_", !first.isEmpty, first.allSatisfy(Self.isDigitOrUnderscore) else { return false }
        let fraction = last.firstIndex(of: ".") ?? last.endIndex
        guard last[fraction...].dropFirst().allSatisfy(Self.isDigitOrUnderscore) else { return false }
        return (parts[1..<(parts.count - 1)] + [last[..<fraction]]).allSatisfy { part in
            part.count <= 2 && part.allSatisfy { $0 != "_" && Self.isDigitOrUnderscore($0) }
                && Int(part).map { $0 < 60 } ?? false
        }
    }

    private static func isDigitOrUnderscore(_ character: Character) -> Bool {
        "0"..."9" ~= character || character == "_"
    }

    /// Whether it can stand without quotes in a block, being printable and a string either way.
    private var isPlain: Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { return false }
        if first == " " || last == " " || last == ":" || "#,[]{}&*!|>'\"%@`".unicodeScalars.contains(first) {
            return false
        }
        if text.hasPrefix("---") || text.hasPrefix("...") { return false }
        if "-?:".unicodeScalars.contains(first), scalars.dropFirst().first ?? " " == " " { return false }
        var previous = first
        for scalar in scalars.dropFirst() {
            if previous == ":" && scalar == " " || previous == " " && scalar == "#" { return false }
            previous = scalar
        }
        return true
    }

    /// Whether a literal block keeps it exactly, without an indentation indicator and without invisible spaces.
    private var isLiteral: Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: " "), first != UInt8(ascii: "\n") else { return false }
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\n" ? previous == " " : !scalar.isPrintable { return false }
            previous = scalar
        }
        return previous != " "
    }

    private var singleQuoted: String {
        var result = "'"
        for scalar in text.unicodeScalars {
            if scalar == "'" { result += "'" }
            result.unicodeScalars.append(scalar)
        }
        return result + "'"
    }

    private var doubleQuoted: String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\0": result += "\\0"
            case _ where scalar.isPrintable: result.unicodeScalars.append(scalar)
            default: result += Self.escape(scalar)
            }
        }
        return result + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
    }
}

extension Unicode.Scalar {
    /// Whether it may stand in YAML text as itself (YAML 1.2, section 5.1) and does not break or shift the line.
    fileprivate var isPrintable: Bool {
        switch value {
        case 0x2028, 0x2029, 0xFEFF: false
        case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
