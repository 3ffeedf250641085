import ComposeSupervisor

/// What a supervisor says, a line for each fact, so that a journal's reader finds each by the container's name.
enum SupervisionText {
    /// How many lines of a healthcheck's output are shown: its verdict, rather than its whole course.
    private static let healthLines = 5

    static func text(_ note: Supervisor.Note) -> String {
        let prefix = "gantry: " + (note.container.map { "\($0) " } ?? "")
        var lines = [prefix + SafeText.line(note.text)]
        if let output = note.healthOutput {
            let said = output.split(separator: "\n").suffix(healthLines).map(String.init)
            lines += ["  its healthcheck last said:"] + LeftoverText.quoted(said)
        }
        if !note.lastLines.isEmpty { lines += ["  its last lines:"] + LeftoverText.quoted(note.lastLines) }
        return lines.joined(separator: "\n")
    }
}
