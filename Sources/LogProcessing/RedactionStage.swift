package import SinkAPI

/// What of a line nobody is to see.
package struct RedactionRule: Sendable, Equatable {
    /// What they match is replaced; `\K` in a pattern keeps what is before it.
    package var patterns: [Pattern]
    /// The values of these keys in JSON are replaced, whatever the case of the keys.
    package var keys: [String]
    package var builtIns: Set<BuiltInRedaction>

    package init(patterns: [Pattern] = [], keys: [String] = [], builtIns: Set<BuiltInRedaction> = []) {
        self.patterns = patterns
        self.keys = keys
        self.builtIns = builtIns
    }

    package var isEmpty: Bool { patterns.isEmpty && keys.isEmpty && builtIns.isEmpty }
}

/// Replaces secrets by `***` before lines reach the disk.
///
/// A line that a pattern gives up on, because it takes too long, is replaced as a whole. What is replaced in a line depends
/// on that line alone, but for private keys in PEM form: the records after the first line of one are replaced as long as
/// they look like its body.
package struct RedactionStage: RecordStage {
    /// Longer private keys than this many lines are none: 16,384 bits take 200.
    private static let mostKeyLines = 400

    private struct Step: Sendable {
        let pattern: Pattern
        /// The texts of which a line must have one; none: it is tried on all lines.
        let needles: UInt64
    }

    private let steps: [Step]
    private let needles: Needles
    private let keys: JSONKeyRedaction?
    private let findsCards: Bool
    /// How many more lines may belong to a private key, by lane; nil where private keys are not looked for.
    private var keyLines: [Int]?

    /// - Throws: ``PatternError`` where the system's PCRE2 does not take the built-in patterns.
    package init(_ rule: RedactionRule) throws(PatternError) {
        var texts: [String] = []
        var steps: [Step] = []
        for builtIn in BuiltInRedaction.allCases where rule.builtIns.contains(builtIn) {
            for (pattern, needles) in builtIn.expressions {
                let bits = needles.indices.reduce(0 as UInt64) { $0 | 1 << UInt64(texts.count + $1) }
                texts += needles
                steps.append(Step(pattern: try Pattern(pattern), needles: bits))
            }
        }
        self.steps = steps + rule.patterns.map { Step(pattern: $0, needles: 0) }
        needles = Needles(texts)
        keys = rule.keys.isEmpty ? nil : JSONKeyRedaction(rule.keys)
        findsCards = rule.builtIns.contains(.creditCards)
        keyLines = rule.builtIns.contains(.privateKeys) ? [Int](repeating: 0, count: LogRecord.lanes) : nil
    }

    package mutating func take(_ records: [LogRecord], into out: inout [LogRecord]) {
        out.reserveCapacity(out.count + records.count)
        for record in records {
            guard !record.flags.contains(.notice) else {
                out.append(record)
                continue
            }
            let isKey = keyLines != nil && isInPrivateKey(record)
            guard let line = isKey ? Redaction.stars : redacted(record.line) else {
                out.append(record)
                continue
            }
            var changed = record
            changed.line = line[...]
            out.append(changed)
        }
    }

    /// While a private key goes on, also after a flush: a reading that began behind its first line would show the rest.
    package var isHolding: Bool { keyLines?.contains { $0 > 0 } ?? false }

    package var mayHold: Bool { keyLines != nil }

    // MARK: Lines

    /// What is left of a line; nil where nothing is replaced.
    private func redacted(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        var changed: [UInt8]?
        func replace(_ places: (UnsafeRawBufferPointer) -> [Redaction]) {
            let found = changed?.withUnsafeBytes(places) ?? line.withUnsafeBytes(places)
            if !found.isEmpty { changed = RedactionStage.replace(found, in: changed ?? Array(line)) }
        }
        let found = line.withUnsafeBytes { needles.found(in: $0) }
        for step in steps where step.needles == 0 || step.needles & found != 0 {
            replace { places(of: step.pattern, $0) }
        }
        if let keys { replace(keys.values) }
        if findsCards { replace { CardNumbers.places(in: $0).map { Redaction(range: $0) } } }
        return changed
    }

    private func places(of pattern: Pattern, _ line: UnsafeRawBufferPointer) -> [Redaction] {
        var found: [Redaction] = []
        var position = 0
        while position <= line.count {
            switch pattern.find(in: line, from: position) {
            case .nothing: return found
            case .gaveUp: return [Redaction(range: 0..<line.count)]
            case .found(let range):
                if !range.isEmpty { found.append(Redaction(range: range)) }
                position = max(range.upperBound, position + (range.isEmpty ? 1 : 0))
            }
        }
        return found
    }

    private static func replace(_ places: [Redaction], in line: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(line.count)
        var position = 0
        for place in places {
            result += line[position..<max(position, place.range.lowerBound)]
            result += place.replacement
            position = place.range.upperBound
        }
        return result + line[position...]
    }

    // MARK: Private keys

    private static let begin = Needles(["-----begin"])
    private static let end = Needles(["-----end"])
    private static let key = Needles(["private key"])

    /// Whether a record belongs to the body of a private key that began in an earlier one.
    private mutating func isInPrivateKey(_ record: LogRecord) -> Bool {
        let index = record.lane
        return record.line.withUnsafeBytes { line in
            if let left = keyLines?[index], left > 0 {
                if RedactionStage.end.found(in: line) != 0 {
                    keyLines?[index] = 0
                } else if RedactionStage.isKeyBody(line) {
                    keyLines?[index] = left - 1
                    return true
                } else {
                    keyLines?[index] = 0
                }
            }
            if RedactionStage.begin.found(in: line) != 0, RedactionStage.key.found(in: line) != 0,
                RedactionStage.end.found(in: line) == 0
            {
                keyLines?[index] = RedactionStage.mostKeyLines
            }
            return false
        }
    }

    /// Base64 alone, or at the line's end behind what a logger writes before it; a PEM header; nothing.
    private static func isKeyBody(_ line: UnsafeRawBufferPointer) -> Bool {
        // Lines of PEM have 64 characters but for the last, and hardly a word has more than half of that.
        let longestWord = 32
        let end = line.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? 0
        var start = end
        while start > 0, line[start - 1].isDigit || line[start - 1].isLetter || "+/=".utf8.contains(line[start - 1]) {
            start -= 1
        }
        let isHeader = line.starts(with: "Proc-Type:".utf8) || line.starts(with: "DEK-Info:".utf8)
        return isHeader || line[..<start].allSatisfy(\.isBlank) || end - start >= longestWord
    }
}
