import FoundationEssentials

/// The forms in which progress is written.
enum ProgressText {
    /// ` Container demo-web-1  Started`
    static func plain(_ subject: ProgressModel.Subject) -> String {
        let details = subject.details.isEmpty ? "" : "  \(subject.details)"
        return " \(subject.kind) \(subject.name)  \(subject.text)\(details)"
    }

    /// Docker Compose's `--progress json`: one object a line.
    static func json(_ subject: ProgressModel.Subject) -> String {
        struct Line: Encodable {
            let id: String
            let status: String
            let text: String
            let details: String?
        }
        let status =
            switch subject.status {
            case .working: "Working"
            case .done: "Done"
            case .failed: "Error"
            }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(
            id: "\(subject.kind) \(subject.name)", status: status, text: subject.text,
            details: subject.details.isEmpty ? nil : subject.details)
        return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The lines of a picture of everything, at most `rows` of them and none wider than `columns`.
    static func picture(
        _ subjects: [ProgressModel.Subject], title: String, began: ContinuousClock.Instant,
        now: ContinuousClock.Instant, columns: Int, rows: Int, colors: Bool
    ) -> [String] {
        let finished = subjects.filter { $0.status == .done }.count
        var lines = [" \(title)  \(finished)/\(subjects.count)  \(seconds(now - began))"]
        // What is under way or failed matters most when not everything fits.
        let room = max(1, min(rows, Int.max - 1) - 1)
        let shown: [ProgressModel.Subject]
        if subjects.count <= room {
            shown = subjects
        } else {
            let pressing = subjects.filter { $0.status != .done }
            shown = Array((subjects.filter { $0.status == .done } + pressing).suffix(room))
        }
        let width = shown.map { $0.kind.count + 1 + $0.name.count }.max() ?? 0
        let frame = Int((now - began) / .milliseconds(100)) % spinner.count
        for subject in shown {
            let name = "\(subject.kind) \(subject.name)"
            let padding = String(repeating: " ", count: max(0, width - name.count))
            let time = seconds((subject.ended ?? now) - subject.began)
            let details = subject.details.isEmpty ? "" : "  \(subject.details)"
            let left = subject.deadline.map { " \(secondsLeft(until: $0, now)) left" } ?? ""
            let text = "\(name)\(padding)  \(subject.text)\(left)\(details)"
            let body = cut(text, to: columns - time.count - 6)
            let mark: String
            switch subject.status {
            case .working: mark = paint(String(spinner[frame]), "33", colors)
            case .done: mark = paint("✔", "32", colors)
            case .failed: mark = paint("✘", "31", colors)
            }
            lines.append(" \(mark) \(body)  \(time)")
        }
        return lines
    }

    private static let spinner = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

    private static func paint(_ text: String, _ code: String, _ colors: Bool) -> String {
        colors ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func cut(_ text: String, to width: Int) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        return line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"
    }

    /// ` Stopping  web-1 7s left, db-1 3s left`: those that are killed unless they end before; empty where none is.
    static func countdown(_ subjects: [ProgressModel.Subject], now: ContinuousClock.Instant, columns: Int) -> String {
        let waiting = subjects.compactMap { subject in
            subject.deadline.map { "\(subject.name) \(secondsLeft(until: $0, now)) left" }
        }
        return waiting.isEmpty ? "" : cut(" Stopping  " + waiting.joined(separator: ", "), to: columns - 1)
    }

    /// Whole seconds, rounded up, so that a countdown ends with 1.
    private static func secondsLeft(until deadline: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> String {
        "\(max(0, Int(((deadline - now) / .seconds(1)).rounded(.up))))s"
    }

    /// `1.2s`
    static func seconds(_ duration: Duration) -> String {
        let tenths = duration / .milliseconds(100)
        return "\(Int(tenths) / 10).\(Int(tenths) % 10)s"
    }
}
