import EngineAPI
import SinkAPI

/// A name made for each record: `logs-{project}-{service}-%Y.%m.%d`.
///
/// `{project}`, `{service}`, `{replica}`, `{name}` and `{container}` are the source's; `%Y`, `%m`, `%d` and `%H` are of the
/// record's own time in UTC, so that it is the same name whenever the record is sent; `%%` is a percent sign.
struct NamePattern: Sendable {
    private enum Piece: Sendable, Equatable {
        case text(String)
        case fact(RecordFact)
        /// The characters of an RFC 3339 time from here on, so many.
        case time(from: Int, count: Int)
    }

    /// Whether two records of one source may have different names; never within an hour.
    let dependsOnTime: Bool
    private let pieces: [Piece]

    /// Within an hour, records of one source have the same name.
    static let nanosecondsPerHour: Int64 = 3_600_000_000_000

    /// Reads a pattern.
    ///
    /// - Throws: a sentence about what stands in braces or after a percent sign and means nothing.
    init(_ pattern: String, _ settings: SinkSettings, key: String) throws(SinkConfigurationError) {
        var pieces: [Piece] = []
        var text = ""
        func finishText() {
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
        }
        var rest = pattern[...]
        while let character = rest.popFirst() {
            switch character {
            case "{":
                let word = rest.prefix { $0 != "}" }
                rest = rest[word.endIndex...]
                guard rest.popFirst() != nil, let fact = RecordFact(rawValue: String(word)),
                    [.project, .service, .replica, .name, .container].contains(fact)
                else {
                    throw settings.wrong(
                        key, pattern, "a name with {project}, {service}, {replica}, {name} or {container} in it")
                }
                finishText()
                pieces.append(.fact(fact))
            case "%":
                switch rest.popFirst() {
                case "Y": finishText(); pieces.append(.time(from: 0, count: 4))
                case "m": finishText(); pieces.append(.time(from: 5, count: 2))
                case "d": finishText(); pieces.append(.time(from: 8, count: 2))
                case "H": finishText(); pieces.append(.time(from: 11, count: 2))
                case "%": text.append("%")
                default: throw settings.wrong(key, pattern, "a name with %Y, %m, %d, %H or %% in it")
                }
            default: text.append(character)
            }
        }
        finishText()
        self.pieces = pieces
        dependsOnTime = pieces.contains { if case .time = $0 { true } else { false } }
    }

    /// The text that stands in each name.
    var literals: String {
        pieces.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    /// The name for a record; each fact goes through `clean`.
    func name(for record: LogRecord, clean: (String) -> String) -> String {
        var name = ""
        let time = dependsOnTime ? record.time.rfc3339 : ""
        for piece in pieces {
            switch piece {
            case .text(let text): name += text
            case .fact(let fact): name += clean(LokiForm.value(of: fact, in: record) ?? "none")
            case .time(let from, let count): name += time.dropFirst(from).prefix(count)
            }
        }
        return name
    }
}
