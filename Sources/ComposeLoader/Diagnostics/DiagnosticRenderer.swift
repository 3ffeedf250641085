import YAML

/// Writes diagnostics for people: the place, the attribute, the sentence, then the line with a caret.
package struct DiagnosticRenderer: Sendable {
    /// Longer lines are cut round the caret, so that a file on one line does not flood the terminal.
    private static let longestQuote = 120

    package init() {}

    package func text(of diagnostics: [Diagnostic]) -> String {
        diagnostics.map { text(of: $0) }.joined(separator: "\n")
    }

    /// `path/compose.yaml:14:7: services.web.depends_on: "dbb" is not defined` and the line it is about.
    package func text(of diagnostic: Diagnostic) -> String {
        var parts: [String] = []
        if let mark = diagnostic.mark { parts.append("\(mark.file.path):\(mark.line):\(mark.column)") }
        if diagnostic.severity == .warning { parts.append("warning") }
        if !diagnostic.path.isEmpty { parts.append(diagnostic.path) }
        parts.append(diagnostic.message)
        var text = parts.joined(separator: ": ")
        if let hint = diagnostic.hint { text += " (\(hint))" }
        if let trap = diagnostic.trap {
            text += diagnostic.isStrict ? " [\(trap.rawValue): an error because of --strict]" : " [\(trap.rawValue)]"
        }
        if let mark = diagnostic.mark, let quote = quote(mark) { text += "\n" + quote }
        return text
    }

    private func quote(_ mark: Mark) -> String? {
        guard let line = line(mark.line, of: mark.file.text) else { return nil }
        var scalars = Array(line.unicodeScalars)
        var column = min(max(mark.column, 1), scalars.count + 1) - 1
        if scalars.count > DiagnosticRenderer.longestQuote {
            let start = max(0, min(column - DiagnosticRenderer.longestQuote / 2, scalars.count))
            scalars = Array(scalars[start...].prefix(DiagnosticRenderer.longestQuote))
            column -= start
        }
        // A tab stays a tab in the padding, so that the caret is below its character; other controls would act.
        let shown = String(String.UnicodeScalarView(scalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
        let padding = String(String.UnicodeScalarView(scalars[..<column].map { $0 == "\t" ? "\t" : " " }))
        return "    \(shown)\n    \(padding)^"
    }

    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t" && (scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
    }

    private func line(_ number: Int, of text: String) -> String? {
        let bytes = text.utf8
        var start = bytes.startIndex
        for _ in 1..<max(number, 1) {
            guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            start = bytes.index(after: end)
        }
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        var line = String(text[start..<end])
        if line.unicodeScalars.last == "\r" { line.unicodeScalars.removeLast() }
        return line
    }
}
