import ComposeState
import FoundationEssentials

/// A failure's report for people and for programs.
enum ReportText {
    static func text(_ report: FailureReport) -> String {
        var lines = [
            "Report \(report.id) of project \(report.project)",
            "`gantry \(report.command)` failed at \(report.time): \(SafeText.lines(report.reason))",
        ]
        if let operation = report.operation {
            lines.append("  at: \(SafeText.line(operation.description)) (\(SafeText.line(operation.cause)))")
        }
        if let output = report.hookOutput { lines += ["  the hook's last lines:"] + LeftoverText.quoted(output) }
        if let container = report.container { lines += ApplyFailureText.facts(container) }
        if !report.undone.isEmpty {
            lines.append("Taken back:")
            lines += report.undone.map { "  \(SafeText.line($0))" }
        }
        if report.leftovers.isEmpty {
            lines.append(outcome(report))
        } else {
            lines.append("Left, because it could not be taken back:")
            lines += report.leftovers.map { "  \(SafeText.line($0.what)): \(SafeText.lines($0.reason))" }
            lines.append("`gantry recover` tries again.")
        }
        return lines.joined(separator: "\n")
    }

    private static func outcome(_ report: FailureReport) -> String {
        if report.isKept == true { return "Everything was left as it stood then." }
        if let name = report.withdrawn { return "\(SafeText.line(name)) stayed as it was, and the rest went on." }
        return report.undone.isEmpty ? "Nothing was changed." : "The project was as before then."
    }

    static func table(_ reports: [FailureReport]) -> String {
        var table = TextTable(header: ["REPORT", "TIME", "COMMAND", "LEFT", "REASON"])
        for report in reports {
            let first = report.reason.split(separator: "\n").first.map(String.init) ?? ""
            table.add([
                report.id, report.time, report.command, String(report.leftovers.count), SafeText.line(first),
            ])
        }
        return table.text
    }

    static func json(_ report: FailureReport, indented: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if indented { encoder.outputFormatting.insert(.prettyPrinted) }
        // The encoder leaves the control characters beyond ASCII as they are, and a terminal obeys some of them.
        let text = String(decoding: try encoder.encode(report), as: UTF8.self)
        return text.unicodeScalars.map { scalar in
            (0x7F...0x9F).contains(scalar.value) ? "\\u00" + String(scalar.value, radix: 16) : String(scalar)
        }.joined()
    }
}
