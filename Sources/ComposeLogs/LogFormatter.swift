import EngineAPI
package import LogProcessing
package import SinkAPI

/// How lines are shown.
package struct LogFormat: Sendable, Equatable {
    /// Whether each line begins with its source.
    package var hasPrefix: Bool
    /// Whether sources are told apart by colours, and the containers' own colours are kept.
    package var hasColors: Bool
    /// Whether each line shows its time.
    package var hasTimes: Bool
    /// Whether lines are shown byte by byte, without anything being made harmless, and no newline added to one that has
    /// none. Only without prefixes.
    package var isExact = false
    /// Whether what is said about containers goes elsewhere than their lines.
    package var hasNoticesElsewhere = false
    /// What is made to stand out in the lines.
    package var highlights: [Pattern] = []
    /// Whether a line clears what stands where it begins: for a terminal on whose last line something else is drawn.
    package var clearsLines = false

    package init(hasPrefix: Bool = true, hasColors: Bool = false, hasTimes: Bool = false) {
        self.hasPrefix = hasPrefix
        self.hasColors = hasColors
        self.hasTimes = hasTimes
    }
}

/// Turns records into the bytes that a console shows: `web-1  | text`, as Docker Compose prints them.
package struct LogFormatter: RecordFormatter {
    /// Colours of the 256 that stand out on a light and on a dark ground alike: neither is lighter than a middle grey
    /// by much, nor darker. No pure red, which means failure.
    private static let palette = [30, 130, 67, 97, 64, 132, 136, 61, 71, 167]

    /// Bold and red, as grep has it.
    private static let highlight = Array("\u{1B}[1;31m".utf8)
    /// More than containers write at once; with more, prefixes are made anew.
    private static let mostPrefixes = 4096
    /// From the cursor to the end of its line.
    private static let clearing = Array("\u{1B}[K".utf8)

    private let format: LogFormat
    private let text: TerminalText
    private var width = 0
    private var colors: [String: Int] = [:]
    private var taken: [Int: Int] = [:]
    private var timestamps = TimestampWriter()
    /// By the source as an object, which is kept so that no other gets its place.
    private var prefixes: [ObjectIdentifier: (source: LogSource, bytes: [UInt8])] = [:]
    /// Who wrote the line that has no newline yet.
    private var open: LogSource?

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

    package mutating func register(_ source: LogSource) { register(source.label) }

    package mutating func append(_ record: LogRecord, to output: inout [UInt8]) {
        let isNotice = record.flags.contains(.notice)
        if !(isNotice && format.hasNoticesElsewhere), let source = open.take(), isNotice || source != record.source {
            output.append(UInt8(ascii: "\n"))
        }
        if isNotice {
            if format.clearsLines { output += LogFormatter.clearing }
            output += colored(harmless(record.line), record.source.label)
            output.append(UInt8(ascii: "\n"))
            return
        }
        if format.clearsLines { output += LogFormatter.clearing }
        if format.hasPrefix { output += prefix(of: record.source) }
        if format.hasTimes {
            timestamps.append(record.time, to: &output)
            output.append(UInt8(ascii: " "))
        }
        if !format.highlights.isEmpty, appendHighlighted(record.line, to: &output) {
            // With its matches marked.
        } else if format.isExact {
            output += record.line
        } else {
            text.append(record.line, to: &output)
        }
        if format.isExact, !record.flags.isDisjoint(with: [.partial, .unterminated]) {
            open = record.source
        } else {
            output.append(UInt8(ascii: "\n"))
        }
    }

    /// Appends a line with its matches marked; false where there are none.
    ///
    /// The line's own colours are left out, because marks within them would cut them.
    private func appendHighlighted(_ line: ArraySlice<UInt8>, to output: inout [UInt8]) -> Bool {
        let bytes = harmless(line)
        var marks: [Range<Int>] = []
        bytes.withUnsafeBytes { bytes in
            for pattern in format.highlights {
                var position = 0
                while case .found(let match) = pattern.find(in: bytes, from: position) {
                    if !match.isEmpty { marks.append(match) }
                    position = max(match.upperBound, match.lowerBound + 1)
                    if position > bytes.count { break }
                }
            }
        }
        guard !marks.isEmpty else { return false }
        var position = 0
        for mark in marks.sorted(by: { $0.lowerBound < $1.lowerBound }) where mark.upperBound > position {
            let start = max(position, mark.lowerBound)
            output += bytes[position..<start]
            output += LogFormatter.highlight
            output += bytes[start..<mark.upperBound]
            output += TerminalText.reset
            position = mark.upperBound
        }
        output += bytes[position...]
        return true
    }

    private func harmless(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        TerminalText(keepsColors: false).append(line, to: &bytes)
        return bytes
    }

    package mutating func append(notice: String, about source: LogSource, to output: inout [UInt8]) {
        let label = source.label
        register(label)
        if format.clearsLines { output += LogFormatter.clearing }
        output += colored(harmless(Array(label.utf8)[...]), label)
        output += " \(notice)\n".utf8
    }

    private mutating func prefix(of source: LogSource) -> [UInt8] {
        if let known = prefixes[ObjectIdentifier(source)] { return known.bytes }
        let label = source.label
        register(label)
        let padding = String(repeating: " ", count: width - label.unicodeScalars.count)
        let prefix = colored(harmless(Array((label + padding + "  | ").utf8)[...]), label)
        if prefixes.count == LogFormatter.mostPrefixes { prefixes = [:] }
        prefixes[ObjectIdentifier(source)] = (source, prefix)
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
