import SinkAPI

/// What can be told of a record; the name is the field's where it is not renamed.
enum RecordFact: String, CaseIterable, Sendable {
    /// The engine's time of the line.
    case time
    /// Of the source: its project, its service, the replica's number, the container's name and identifier, its image.
    case project, service, replica, name, container, image
    /// `stdout` or `stderr`.
    case stream
    /// How grave it is, where that is known.
    case level
    /// Its position in the spool.
    case sequence
    /// What names it everywhere and for ever.
    case uid
    /// Those of the container's labels that records carry.
    case labels
    /// The line.
    case message
    /// What it is besides a whole line: `partial`, `unterminated`, `repaired`, `notice`.
    case flags

    /// Whether it is the same for all records of a source.
    var isOfSource: Bool {
        switch self {
        case .project, .service, .replica, .name, .container, .image, .labels: true
        case .time, .stream, .level, .sequence, .uid, .message, .flags: false
        }
    }
}

/// Which facts a sink sends, and under which names: the settings `fields` and `rename.FACT`.
struct RecordFields: Sendable, Equatable {
    /// The chosen facts' names.
    private(set) var names: [RecordFact: String]

    /// These facts under their own names.
    init(_ facts: some Sequence<RecordFact> = RecordFact.allCases, renamed: [RecordFact: String] = [:]) {
        names = Dictionary(facts.map { ($0, renamed[$0] ?? $0.rawValue) }, uniquingKeysWith: { first, _ in first })
    }

    /// What the settings choose, else `defaults`.
    ///
    /// - Throws: a sentence for a fact that there is not, and for two facts under one name.
    init(_ settings: inout SinkSettings, defaults: RecordFields = RecordFields()) throws(SinkConfigurationError) {
        self = defaults
        if let chosen = try settings.list("fields") {
            names = [:]
            for word in chosen {
                let fact = try RecordFields.fact(word, in: settings, key: "fields")
                names[fact] = defaults.names[fact] ?? fact.rawValue
            }
        }
        for (word, name) in settings.dictionary("rename") {
            let fact = try RecordFields.fact(word, in: settings, key: "rename")
            if names[fact] != nil { names[fact] = name }
        }
        let repeated = Dictionary(grouping: names.values) { $0 }.filter { $0.value.count > 1 || $0.key.isEmpty }
        if let name = repeated.keys.min() {
            throw settings.wrong("rename", name, "a name that no other field has, and not empty")
        }
    }

    /// The name that a fact is sent under; nil where it is not sent.
    subscript(_ fact: RecordFact) -> String? { names[fact] }

    private static func fact(
        _ word: String, in settings: SinkSettings, key: String
    ) throws(SinkConfigurationError) -> RecordFact {
        guard let fact = RecordFact(rawValue: word) else {
            throw settings.wrong(
                key, word, "one of \(RecordFact.allCases.map { $0.rawValue }.joined(separator: ", "))")
        }
        return fact
    }
}
