import EngineAPI
package import SinkAPI

/// How lines are shown.
package struct LogFormat: Sendable, Equatable {
    /// Whether each line begins with its source.
    package var hasPrefix: Bool
    /// Whether sources are told apart by colours, and the containers' own colours are kept.
    package var hasColors: Bool
    /// Whether each line shows its time.
    package var hasTimes: Bool
    /// Whether a line clears what stands where it begins: for a terminal on whose last line something else is drawn.
    package var clearsLines = false

    package init(hasPrefix: Bool = true, hasColors: Bool = false, hasTimes: Bool = false) {
        self.hasPrefix = hasPrefix
        self.hasColors = hasColors
        self.hasTimes = hasTimes
    }
}

/// Turns records into the bytes that a console shows: `web-1  | text`, as Docker Compose prints them.
package struct LogFormatter {
    /// Colours of the 256 that stand out on a light and on a dark ground alike: neither is lighter than a middle grey
    /// by much, nor darker. No pure red, which means failure.
    private static let palette = [30, 130, 67, 97, 64, 132, 136, 61, 71, 167]

    /// From the cursor to the end of its line.
    private static let clearing = Array("\u{1B}[K".utf8)

    private let format: LogFormat
    private let text: TerminalText
    private var width = 0
    private var colors: [String: Int] = [:]
    private var taken: [Int: Int] = [:]
    private var prefixes: [String: [UInt8]] = [:]

    package init(_ format: LogFormat) {
        self.format = format
        text = TerminalText(keepsColors: format.hasColors)
    }

    /// Makes room for a source; prefixes from here on are as wide as the widest label.
    package mutating func register(_ label: String) {
        guard colors[label] == nil else { return }
        colors[label] = chooseColor(for: label)
        let labelWidth = label.unicodeScalars.count
        if labelWidth > width {
            width = labelWidth
            prefixes = [:]
        }
    }

    /// Appends the record's line, newline included.
    package mutating func append(_ record: LogRecord, to output: inout [UInt8]) {
        if format.clearsLines { output += LogFormatter.clearing }
        if format.hasPrefix { output += prefix(of: record.source.label) }
        if format.hasTimes {
            output += record.time.rfc3339.utf8
            output.append(UInt8(ascii: " "))
        }
        text.append(record.line, to: &output)
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends a line about a source: `web-1 exited with code 0`.
    package mutating func append(notice: String, about label: String, to output: inout [UInt8]) {
        register(label)
        if format.clearsLines { output += LogFormatter.clearing }
        var name: [UInt8] = []
        TerminalText(keepsColors: false).append(Array(label.utf8)[...], to: &name)
        output += colored(name, label)
        output += " \(notice)\n".utf8
    }

    private mutating func prefix(of label: String) -> [UInt8] {
        if let known = prefixes[label] { return known }
        register(label)
        let padding = String(repeating: " ", count: width - label.unicodeScalars.count)
        var name: [UInt8] = []
        TerminalText(keepsColors: false).append(Array((label + padding + "  | ").utf8)[...], to: &name)
        let prefix = colored(name, label)
        prefixes[label] = prefix
        return prefix
    }

    private func colored(_ bytes: [UInt8], _ label: String) -> [UInt8] {
        guard format.hasColors, let color = colors[label] else { return bytes }
        return Array("\u{1B}[38;5;\(LogFormatter.palette[color])m".utf8) + bytes + TerminalText.reset
    }

    /// A source has the same colour in each run, unless another source has it already and a less used one is left.
    private mutating func chooseColor(for label: String) -> Int {
        // FNV-1a: Swift's own hashes differ from run to run.
        let hash = label.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let count = LogFormatter.palette.count
        let first = Int(hash % UInt64(count))
        let order = (0..<count).map { (first + $0) % count }
        let color = order.min { taken[$0, default: 0] < taken[$1, default: 0] } ?? first
        taken[color, default: 0] += 1
        return color
    }
}
