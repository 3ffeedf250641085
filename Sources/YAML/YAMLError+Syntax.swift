import CLibYAML

extension YAMLError {
    /// The error a failed libyaml parser holds, told in a sentence that says what to do.
    ///
    /// libyaml says what its grammar lacked ("did not find expected key"), which is rarely what the person got wrong.
    init(_ parser: yaml_parser_t, in file: SourceFile) {
        let problem = parser.problem.map { String(cString: $0) } ?? "the text is not valid YAML"
        switch parser.error {
        case YAML_MEMORY_ERROR:
            let mark = Mark(parser.mark, in: file)
            self.init(.outOfMemory, "there is not enough memory to parse the file", at: mark)
        case YAML_READER_ERROR:
            let mark = Mark(in: file, utf8Offset: Int(parser.problem_offset))
            self.init(.encoding, Self.characterMessage(problem, value: parser.problem_value), at: mark)
        default:
            let failure = SyntaxFailure(
                problem: problem,
                context: parser.context.map { String(cString: $0) },
                character: parser.buffer.pointer.map { Unicode.Scalar($0.pointee) },
                startLine: Int(parser.context_mark.line) + 1,
                isAtEnd: parser.tokens.head != parser.tokens.tail
                    && parser.tokens.head.pointee.type == YAML_STREAM_END_TOKEN
            )
            let place = failure.isAboutStart ? parser.context_mark : parser.problem_mark
            self.init(.syntax, failure.message, at: Mark(place, in: file))
        }
    }

    private static func characterMessage(_ problem: String, value: CInt) -> String {
        guard value >= 0 else { return problem }
        if value == 0 {
            return "the file contains a NUL character: it is not text, or it is UTF-16 without a byte order mark; "
                + "save it as UTF-8"
        }
        let digits = String(value, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "the character U+\(code) is not allowed in YAML; in a double-quoted value write it as \"\\u\(code)\""
    }
}

/// What libyaml said when it gave up.
struct SyntaxFailure {
    var problem: String
    var context: String?
    /// The first byte of the character the scanner stopped at.
    var character: Unicode.Scalar?
    /// The line of what the parser was in: a mapping's first key, a quoted value's opening quote.
    var startLine: Int
    /// Whether the parser wanted more when the file ended.
    var isAtEnd: Bool

    /// Whether the place of interest is where the parser started, not where it gave up: what is never closed, or a line
    /// that turned out to have no colon.
    var isAboutStart: Bool {
        switch problem {
        case "found unexpected end of stream", "could not find expected ':'": true
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'": isAtEnd
        default: false
        }
    }

    var message: String {
        switch problem {
        case "found character that cannot start any token":
            unexpectedCharacter
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            Self.tab
        case "did not find expected key":
            "this line does not fit the mapping that starts at line \(startLine): check its indentation"
        case "did not find expected '-' indicator":
            "this line does not fit the list that starts at line \(startLine): check its indentation, "
                + "or a \"-\" is missing"
        case "did not find expected ',' or ']'" where isAtEnd:
            "the list that starts here is never closed: a \"]\" is missing"
        case "did not find expected ',' or '}'" where isAtEnd:
            "the mapping that starts here is never closed: a \"}\" is missing"
        case "did not find expected ',' or ']'":
            "the list opened with \"[\" at line \(startLine) is not closed: expected \",\" or \"]\" here"
        case "did not find expected ',' or '}'":
            "the mapping opened with \"{\" at line \(startLine) is not closed: expected \",\" or \"}\" here"
        case "mapping values are not allowed in this context":
            "a \":\" is not allowed here: check the indentation of this line, or quote the value if \": \" is part of it"
        case "block sequence entries are not allowed in this context":
            "a list item is not allowed here: start the list on a line of its own, indented like its neighbours"
        case "could not find expected ':'":
            "this is neither a \"key: value\" nor a list item: a \":\" is missing after it"
        case "found unexpected end of stream":
            "the quoted value that starts here is never closed"
        case "found unexpected document indicator":
            "the quoted value that starts at line \(startLine) is not closed before the document ends"
        case "found unknown escape character":
            "unknown escape in a double-quoted value: write \"\\\\\" for a backslash, or use single quotes"
        case "did not find expected <document start>":
            "this line does not belong to the document before it: check its indentation, or separate documents by \"---\""
        case "did not find expected node content":
            "a value is missing here"
        case "found undefined tag handle":
            "the tag's prefix is not defined: a tag of your own is written with one \"!\""
        case "found incompatible YAML document":
            "the %YAML directive asks for a version other than 1.1 or 1.2"
        case "did not find expected alphabetic or numeric character":
            "the name of an anchor (\"&\") or alias (\"*\") is missing: quote the value if it should start so"
        default:
            [context, problem].compactMap { $0 }.joined(separator: ": ")
        }
    }

    private var unexpectedCharacter: String {
        guard let character else { return "this character cannot start a value: quote the value" }
        if character == "\t" { return Self.tab }
        return "a value cannot start with \"\(character)\": quote it"
    }

    private static let tab = "a tab is used for indentation: YAML allows only spaces there"
}
