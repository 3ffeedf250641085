import ComposeModel
import YAML

extension ScalarShape.Types {
    init(_ value: ScalarValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .int: self = .integer
        case .float(let number): self = number == number.rounded() ? [.float, .integer] : .float
        case .string: self = .string
        case .timestamp: self = []
        }
    }
}

extension ScalarShape.Meaning {
    /// Whether a value is judged where variables are not replaced.
    fileprivate var isJudgedAsWritten: Bool {
        switch self {
        case .boolean, .integer, .number, .duration, .bytes, .fileMode: false
        case .text, .choice, .path, .hostPath, .buildContext, .checked: true
        }
    }

    fileprivate var isPath: Bool {
        switch self {
        case .path, .hostPath, .buildContext: true
        default: false
        }
    }
}

extension Conformer {
    /// A scalar in its one spelling, nil after a reported mistake.
    mutating func scalar(_ node: Node, _ shape: ScalarShape) -> Node? {
        guard case .scalar(let scalar) = node.content, let value = node.scalarValue else {
            expected(Shape.scalar(shape).expectation, found: node)
            return nil
        }
        if value == .null { return node }
        guard !shape.types.isDisjoint(with: ScalarShape.Types(value)) else {
            expected(Shape.scalar(shape).expectation, found: node)
            return nil
        }
        guard asWritten else { return read(scalar, value, node, shape) }
        // As Docker Compose prints it: the type is judged, the meaning is not.
        guard shape.meaning.isJudgedAsWritten else { return node }
        // What a variable will stand for cannot be judged.
        let isOpen = Template.isTemplate(scalar.text) && !shape.meaning.isPath
        guard !isOpen, let result = read(scalar, value, node, shape) else { return isOpen ? node : nil }
        return shape.meaning.isPath ? result : node
    }

    /// Warns of a number with a leading zero, which is octal, where one without it is meant as a rule.
    private mutating func judgeZero(_ scalar: Scalar, _ value: ScalarValue, _ node: Node) {
        guard value.isNumber, scalar.text.count > 1, scalar.text.hasPrefix("0"), scalar.text.isOctal,
            value.text != scalar.text
        else { return }
        reporter.warn(.rewrittenNumber, "\(scalar.text) is octal and read as \(value.text)", at: node.mark)
    }

    private mutating func read(_ scalar: Scalar, _ value: ScalarValue, _ node: Node, _ shape: ScalarShape) -> Node? {
        switch shape.meaning {
        case .integer, .number, .bytes: judgeZero(scalar, value, node)
        default: break
        }
        switch shape.meaning {
        case .text:
            // Most strings are already what they should be; a copy would only cost.
            if scalar.style != .plain, node.tag == nil { return node }
            if value.isNumber, value.text != scalar.text {
                reporter.warn(.rewrittenNumber, "\(scalar.text) is a number and read as \(value.text)", at: node.mark)
            }
            return node.string(value.text)
        case .boolean: return boolean(node, value)
        case .integer(let range): return integer(node, value, in: range)
        case .number:
            guard let number = value.number else { return unfit(node, shape) }
            return node.plain(ScalarValue.text(of: number))
        case .duration:
            guard ComposeDuration(value.text) != nil else { return duration(node, value.text) }
            return node.string(value.text)
        case .bytes:
            if let size = value.wholeNumber { return node.plain(String(size)) }
            if let size = ByteCount.parse(value.text) { return node.plain(String(size)) }
            // A file laid over this one may have another; the merged whole is judged.
            return value.isNumber ? unfit(node, shape) : node.string(value.text)
        case .choice(let values):
            guard values.contains(value.text) else {
                reporter.error(
                    "\"\(value.text)\" is not \(Shape.scalar(shape).expectation)", at: node.mark,
                    hint: Suggestion.hint(for: value.text, among: values))
                return nil
            }
            return node.string(value.text)
        case .fileMode:
            if let mode = value.wholeNumber {
                if scalar.text.isOctal, !scalar.text.hasPrefix("0"), mode > 7 {
                    reporter.warn(
                        .decimalMode, "\(mode) is a decimal number, which is the mode 0\(String(mode, radix: 8))",
                        at: node.mark)
                }
                return node.plain(String(mode))
            }
            guard let mode = Int(value.text, radix: 8), mode >= 0 else { return unfit(node, shape) }
            return node.plain(String(mode))
        case .path: return node.string(paths?.absolute(value.text) ?? value.text)
        case .hostPath: return node.string(paths?.mountSource(value.text) ?? value.text)
        case .buildContext: return node.string(paths?.buildContext(value.text) ?? value.text)
        case .checked(let check, let sentence):
            guard check(value.text) else {
                reporter.error("\"\(value.text)\" is not \(sentence)", at: node.mark)
                return nil
            }
            return node.string(value.text)
        }
    }

    private mutating func unfit(_ node: Node, _ shape: ScalarShape) -> Node? {
        reporter.error("\"\(node.text ?? "")\" is not \(Shape.scalar(shape).expectation)", at: node.mark)
        return nil
    }

    private mutating func boolean(_ node: Node, _ value: ScalarValue) -> Node? {
        if case .bool(let bool) = value { return node.plain(bool ? "true" : "false") }
        switch value.text.lowercased() {
        case "true": return node.plain("true")
        case "false": return node.plain("false")
        case "y", "yes", "on": return boolean(node, value, meaning: true)
        case "n", "no", "off": return boolean(node, value, meaning: false)
        default:
            expected("true or false", found: node)
            return nil
        }
    }

    private mutating func boolean(_ node: Node, _ value: ScalarValue, meaning: Bool) -> Node {
        reporter.warn(.booleanWord, "\"\(value.text)\" is read as \(meaning)", at: node.mark)
        return node.plain(String(meaning))
    }

    private mutating func integer(_ node: Node, _ value: ScalarValue, in range: ClosedRange<Int>) -> Node? {
        guard let number = value.wholeNumber ?? Int(value.text) else {
            expected("a whole number", found: node)
            return nil
        }
        guard range.contains(number) else {
            let bounds =
                range.upperBound == Int.max
                ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            reporter.error("\(number) is out of range: it must be \(bounds)", at: node.mark)
            return nil
        }
        return node.plain(String(number))
    }

    private mutating func duration(_ node: Node, _ text: String) -> Node? {
        var hint = "write it as 1h30m, 45s or 500ms"
        if let number = Int(text) { hint = "write \"\(number)s\" for \(number) seconds" }
        let reason = Int(text) == nil ? "is not a duration" : "has no unit"
        reporter.error("\"\(text)\" \(reason)", at: node.mark, hint: hint)
        return nil
    }
}

extension String {
    /// Whether it consists of the digits of octal numbers.
    fileprivate var isOctal: Bool { utf8.allSatisfy { (0x30...0x37).contains($0) } }
}

extension ScalarValue {
    /// A number without a fraction, nil for anything else.
    fileprivate var wholeNumber: Int? {
        switch self {
        case .int(let number): Int(exactly: number)
        case .float(let number): Int(exactly: number)
        case .null, .bool, .string, .timestamp: nil
        }
    }

    fileprivate var isNumber: Bool {
        switch self {
        case .int, .float: true
        case .null, .bool, .string, .timestamp: false
        }
    }

    fileprivate var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): value
        case .string(let text): Double(text)
        case .null, .bool, .timestamp: nil
        }
    }
}
