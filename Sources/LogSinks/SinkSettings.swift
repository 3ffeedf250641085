import SinkAPI

/// A sink's settings, read by name and type.
///
/// Each name that is asked for becomes known; ``finish()`` then refuses what is left, so that a sink lists its settings
/// only by reading them.
struct SinkSettings {
    private let location: SinkLocation
    private var unread: [String: String]
    private var known: [String] = []
    /// Settings of all sinks, which whoever ships has taken out already.
    private static let common = ["batch.age", "batch.bytes", "batch.count", "when_full", "window"]

    /// The settings of this location.
    init(_ location: SinkLocation) {
        self.location = location
        unread = location.settings
    }

    /// The text under `key`; nil where there is none.
    mutating func string(_ key: String) -> String? {
        known.append(key)
        return unread.removeValue(forKey: key)
    }

    /// A whole number within `range`.
    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(SinkConfigurationError) -> Int? {
        guard let text = string(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw wrong(key, text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// `10s`, `500ms`, `1m30s`; a number alone is seconds. `most` is the longest that makes sense.
    mutating func duration(
        _ key: String, most: Duration = .seconds(86_400)
    ) throws(SinkConfigurationError) -> Duration? {
        guard let text = string(key) else { return nil }
        guard let value = SinkSettings.duration(text), value > .zero, value <= most else {
            throw wrong(key, text, "a duration such as \"500ms\", \"10s\" or \"1m30s\", at most \(most)")
        }
        return value
    }

    /// `512KiB`, `8MiB`, `50MB`; a number alone is bytes.
    mutating func byteCount(_ key: String, in range: ClosedRange<Int>) throws(SinkConfigurationError) -> Int? {
        guard let text = string(key) else { return nil }
        guard let value = SinkSettings.byteCount(text), range.contains(value) else {
            throw wrong(
                key, text,
                "a size such as \"512KiB\" or \"8MiB\", from \(range.lowerBound) to \(range.upperBound) bytes")
        }
        return value
    }

    /// `true` or `false`; a key alone in a URL's query is true.
    mutating func flag(_ key: String) throws(SinkConfigurationError) -> Bool? {
        guard let text = string(key) else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw wrong(key, text, "true or false")
        }
    }

    /// One of a closed set of words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, of type: Choice.Type = Choice.self
    ) throws(SinkConfigurationError) -> Choice? where Choice.RawValue == String {
        guard let text = string(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = type.allCases.map { "\"\($0.rawValue)\"" }
            throw wrong(key, text, "one of \(words.joined(separator: ", "))")
        }
        return choice
    }

    /// `key.0`, `key.1` and so on, or what stands under `key` itself, divided at commas; nil where there is neither.
    mutating func list(_ key: String) throws(SinkConfigurationError) -> [String]? {
        known.append(key)
        if let text = unread.removeValue(forKey: key) { return text.split(separator: ",").map { String($0) } }
        var elements: [String] = []
        while let element = unread.removeValue(forKey: "\(key).\(elements.count)") { elements.append(element) }
        return elements.isEmpty ? nil : elements
    }

    /// All under `key.`, by what follows the point.
    mutating func dictionary(_ key: String) -> [String: String] {
        known.append("\(key).NAME")
        var entries: [String: String] = [:]
        for (name, value) in unread where name.hasPrefix("\(key).") && name.utf8.count > key.utf8.count + 1 {
            entries[String(name.dropFirst(key.count + 1))] = value
            unread.removeValue(forKey: name)
        }
        return entries
    }

    /// Refuses settings that nothing has asked for, the first by name.
    func finish() throws(SinkConfigurationError) {
        guard let name = unread.keys.min() else { return }
        let known = known + SinkSettings.common
        let hint = SinkSettings.closest(to: name, among: known).map { ": did you mean \"\($0)\"?" }
        let all = Set(known).sorted().joined(separator: ", ")
        throw SinkConfigurationError("\(location.kind) has no setting \"\(name)\"\(hint ?? "; it has \(all)")")
    }

    /// The error that says what `key` may be; a value that may be a secret is not repeated.
    func wrong(_ key: String, _ value: String, _ expected: String) -> SinkConfigurationError {
        SinkConfigurationError("\"\(value)\" as \"\(key)\" of \(location.text): it is \(expected)")
    }

    /// Units by name, the longer first, in nanoseconds.
    private static let timeUnits: [(String, Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]
    private static let byteUnits: [String: Int] = [
        "": 1, "b": 1, "k": 1000, "kb": 1000, "kib": 1 << 10, "m": 1_000_000, "mb": 1_000_000, "mib": 1 << 20,
        "g": 1_000_000_000, "gb": 1_000_000_000, "gib": 1 << 30,
    ]

    private static func duration(_ text: String) -> Duration? {
        var rest = text[...]
        var total: Int64 = 0
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits) else { return nil }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { !($0.isASCII && $0.isNumber) }
            rest = rest[unit.endIndex...]
            // A number alone is one of seconds.
            let name =
                unit.isEmpty && digits.endIndex == text.endIndex && digits.startIndex == text.startIndex ? "s" : unit
            guard let factor = timeUnits.first(where: { $0.0 == name })?.1 else { return nil }
            let (part, overflow) = number.multipliedReportingOverflow(by: factor)
            let (sum, tooMuch) = total.addingReportingOverflow(part)
            guard !overflow, !tooMuch else { return nil }
            total = sum
        } while !rest.isEmpty
        return .nanoseconds(total)
    }

    private static func byteCount(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let factor = byteUnits[text[digits.endIndex...].lowercased()] else {
            return nil
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : value
    }

    /// The known name with the fewest changed letters, at most a third of them; of equals the first by name.
    static func closest(to name: String, among names: [String]) -> String? {
        let letters = Array(name.utf8)
        // A longer name is no typing mistake, and the comparison is quadratic.
        guard letters.count <= 64 else { return nil }
        let limit = max(1, letters.count / 3)
        let distances = names.map { (distance(letters, Array($0.utf8)), $0) }
        return distances.filter { $0.0 <= limit }.min { $0 < $1 }?.1
    }

    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var previous = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                let replaced = previous[column] + (first[row] == second[column] ? 0 : 1)
                current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[second.count]
    }
}
