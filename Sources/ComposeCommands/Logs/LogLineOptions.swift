import ArgumentParser
import ComposeLoader
import ComposeLogs
import LogProcessing
import SinkAPI

/// Which lines `logs` shows, by what is in them.
struct LogLineOptions: ParsableArguments {
    @Option(
        name: .customLong("grep"), parsing: .singleValue,
        help: ArgumentHelp(
            "Only lines that match this regular expression (PCRE2); repeat it for lines that match any of several.",
            valueName: "pattern"))
    var include: [String] = []

    @Option(
        name: .customLong("exclude"), parsing: .singleValue,
        help: ArgumentHelp("No lines that match this one; repeat it for several.", valueName: "pattern"))
    var exclude: [String] = []

    @Flag(
        name: [.customLong("ignore-case"), .customShort("i")], help: "Patterns match whatever the case, as with (?i).")
    var ignoresCase = false

    @Option(
        name: .customLong("level"),
        help: ArgumentHelp(
            "Only lines of this level and worse: error, warning, info ... Indented lines go with the one before.",
            valueName: "level"))
    var level: String?

    @Option(
        name: [.customLong("after-context"), .customShort("A")],
        help: ArgumentHelp("So many lines of the same container after each that matches.", valueName: "n"))
    var after: Int?

    @Option(
        name: [.customLong("before-context"), .customShort("B")],
        help: ArgumentHelp("So many before it.", valueName: "n"))
    var before: Int?

    @Option(
        name: [.customLong("context"), .customShort("C")],
        help: ArgumentHelp("So many before and after it; -- stands between what does not follow.", valueName: "n"))
    var context: Int?

    @Flag(
        name: .customLong("json"),
        help: "Each line as a JSON object: time, stream, level, project, service, replica, name, container, message.")
    var json = false

    /// As many lines of a container as are held in memory for coming along: a screen's history, and with lines as long
    /// as they get some hundred megabytes for a machine's busiest containers.
    private static let mostContext = 10_000

    func validate() throws {
        for (option, count) in [("--after-context", after), ("--before-context", before), ("--context", context)] {
            guard let count, !(0...LogLineOptions.mostContext).contains(count) else { continue }
            throw ValidationError("\(option) \(count) is not from 0 to \(LogLineOptions.mostContext).")
        }
    }

    /// Nil where every line is shown as it is.
    ///
    /// - Throws: a sentence for a pattern that is none, with the column, and for a level that there is not.
    func query() throws -> LogQuery? {
        let query = LogQuery(
            include: try include.map { try pattern($0, option: "--grep") },
            exclude: try exclude.map { try pattern($0, option: "--exclude") },
            level: try level.map(leastLevel),
            before: before ?? context ?? 0, after: after ?? context ?? 0, separates: !json, tellsLevels: json)
        return query.selects || query.tellsLevels ? query : nil
    }

    private func leastLevel(_ word: String) throws -> LogLevel {
        if let level = LogLevel(word: word) { return level }
        let names = LogLevel.allCases.map(\.name)
        let hint = Suggestion.hint(for: word.lowercased(), among: names).map { " (\($0))" } ?? ""
        throw ValidationError(
            "There is no level \"\(word)\"\(hint). The levels are \(names.joined(separator: ", ")).")
    }

    private func pattern(_ text: String, option: String) throws -> Pattern {
        let complain: @Sendable (String) -> Void = { standardError("gantry: \($0).") }
        do {
            let pattern = try Pattern(text, complain: complain)
            return ignoresCase ? try Pattern("(?i)" + text, complain: complain) : pattern
        } catch {
            let column = String(decoding: text.utf8.prefix(error.offset), as: UTF8.self).count + 1
            throw ValidationError("\(option): \(error.description), which is column \(column).")
        }
    }
}
