import Synchronization

/// Lines that a scenario has numbered, and how often each came to some place: `#NAME NUMBER#`, whatever stands around it.
struct NumberedLines: Sendable, CustomStringConvertible {
    private static let mark = UInt8(ascii: "#")

    /// By name, for each number.
    private var counts: [[UInt8]: [UInt8]] = [:]
    private(set) var total = 0

    init(_ bytes: some BidirectionalCollection<UInt8> = []) { take(bytes) }

    /// Takes every marked line of a text; what begins and does not end is left out.
    mutating func take(_ bytes: some BidirectionalCollection<UInt8>) {
        var rest = bytes[...]
        while let begin = rest.firstIndex(of: NumberedLines.mark) {
            let inner = rest[rest.index(after: begin)...]
            guard let end = inner.firstIndex(of: NumberedLines.mark) else { return }
            let words = inner[..<end].split(separator: UInt8(ascii: " "))
            if let number = words.last.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }), number >= 0 {
                note(Array(words.dropLast().joined(separator: [UInt8(ascii: " ")])), number)
                rest = inner[inner.index(after: end)...]
            } else {
                // The rest of a line that was cut.
                rest = inner[end...]
            }
        }
    }

    mutating func add(_ others: NumberedLines) {
        total += others.total
        counts.merge(others.counts) { ours, theirs in
            let (long, short) = ours.count > theirs.count ? (ours, theirs) : (theirs, ours)
            return long.enumerated().map { index, count in
                UInt8(clamping: Int(count) + Int(index < short.count ? short[index] : 0))
            }
        }
    }

    private mutating func note(_ name: [UInt8], _ number: Int) {
        total += 1
        var known = counts[name] ?? []
        counts[name] = nil
        if known.count <= number { known += [UInt8](repeating: 0, count: number + 1) }
        if known[number] < .max { known[number] += 1 }
        counts[name] = known
    }

    /// How many of them are not among `others`.
    func missing(in others: NumberedLines) -> Int {
        counts.reduce(0) { sum, entry in
            let found = others.counts[entry.key] ?? []
            return sum
                + entry.value.indices.filter { entry.value[$0] > 0 && ($0 >= found.count || found[$0] == 0) }.count
        }
    }

    /// How many came more often than once, all told.
    var doubled: Int { counts.values.reduce(0) { $0 + $1.reduce(0) { $0 + max(0, Int($1) - 1) } } }

    var description: String { "\(total) lines, \(doubled) doubled" }
}
