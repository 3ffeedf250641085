import CLibYAML

/// A step through a YAML file: a node's beginning, its end, or a document's.
struct Event {
    enum Kind {
        case documentStart
        case documentEnd
        case sequenceStart
        case mappingStart
        case collectionEnd
        case scalar(Scalar)
        case alias(String)
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var mark: Mark
}

/// libyaml's parser over a buffer that outlives it. Owns the C parser and frees it on every path.
struct EventStream: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let file: SourceFile
    /// The place after the last character, once someone asked.
    private var end: Mark?

    init(start: UnsafePointer<UInt8>, count: Int, file: SourceFile) throws(YAMLError) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLError(
                .outOfMemory,
                "there is not enough memory to parse the file",
                at: Mark(file: file, line: 1, column: 1)
            )
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, start, count)
        self.parser = parser
        self.file = file
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event, nil at the end of the stream.
    mutating func next() throws(YAMLError) -> Event? {
        while true {
            var raw = yaml_event_t()
            guard yaml_parser_parse(parser, &raw) == 1 else {
                var error = YAMLError(parser.pointee, in: file)
                error.mark = placeInFile(error.mark)
                throw error
            }
            defer { yaml_event_delete(&raw) }
            switch raw.type {
            case YAML_STREAM_START_EVENT: continue
            case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return nil
            default: return event(raw)
            }
        }
    }

    private mutating func event(_ raw: yaml_event_t) -> Event {
        let mark = Mark(raw.start_mark, in: file)
        switch raw.type {
        case YAML_DOCUMENT_START_EVENT:
            return Event(kind: .documentStart, mark: mark)
        case YAML_DOCUMENT_END_EVENT:
            return Event(kind: .documentEnd, mark: mark)
        case YAML_SEQUENCE_START_EVENT:
            let start = raw.data.sequence_start
            return Event(kind: .sequenceStart, anchor: string(start.anchor), tag: tag(start.tag), mark: mark)
        case YAML_MAPPING_START_EVENT:
            let start = raw.data.mapping_start
            return Event(kind: .mappingStart, anchor: string(start.anchor), tag: tag(start.tag), mark: mark)
        case YAML_ALIAS_EVENT:
            return Event(kind: .alias(string(raw.data.alias.anchor) ?? ""), mark: mark)
        case YAML_SCALAR_EVENT:
            let start = raw.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: start.value, count: start.length), as: UTF8.self)
            let scalar = Scalar(text, style: Scalar.Style(start.style))
            let place = text.isEmpty && mark.column == 1 ? placeInFile(mark) : mark
            return Event(kind: .scalar(scalar), anchor: string(start.anchor), tag: tag(start.tag), mark: place)
        default:
            return Event(kind: .collectionEnd, mark: mark)
        }
    }

    /// libyaml ends a last line that has no line break itself, and what it misses is then a line below the file.
    private mutating func placeInFile(_ mark: Mark) -> Mark {
        let end = self.end ?? Mark(in: file, utf8Offset: file.text.utf8.count)
        self.end = end
        return mark.line > end.line ? end : mark
    }

    /// The tag, nil for the non-specific `!`: go-yaml treats it as no tag.
    private func tag(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        string(text).flatMap { $0 == "!" ? nil : $0 }
    }

    private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }
}

extension Mark {
    init(_ mark: yaml_mark_t, in file: SourceFile) {
        self.init(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}

extension Scalar.Style {
    fileprivate init(_ style: yaml_scalar_style_t) {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: self = .literal
        case YAML_FOLDED_SCALAR_STYLE: self = .folded
        default: self = .plain
        }
    }
}
