package import LogProcessing
package import SinkAPI

/// Which lines are shown, by what is in them.
package struct LogQuery: Sendable, Equatable {
    /// One of them must match; where there is none, every line does.
    package var include: [Pattern]
    /// None of them may.
    package var exclude: [Pattern]
    /// Only lines of this level and graver ones. A line without a level that is indented belongs to the one before it.
    package var level: LogLevel?
    /// How many lines of the same container come along before and after each that is shown.
    package var before: Int
    package var after: Int
    /// Whether `--` stands between lines that do not follow one another, as with grep, where others come along.
    package var separates: Bool
    /// Whether records get their level though nothing is left out by it.
    package var tellsLevels: Bool

    package init(
        include: [Pattern] = [], exclude: [Pattern] = [], level: LogLevel? = nil, before: Int = 0, after: Int = 0,
        separates: Bool = true, tellsLevels: Bool = false
    ) {
        self.include = include
        self.exclude = exclude
        self.level = level
        self.before = before
        self.after = after
        self.separates = separates
        self.tellsLevels = tellsLevels
    }

    /// Whether lines are left out.
    package var selects: Bool { !include.isEmpty || !exclude.isEmpty || level != nil }

    /// Whether a line is asked for.
    ///
    /// - Parameters:
    ///   - text: the line without what would colour it.
    ///   - level: its own or, of a line that belongs to another, that one's.
    func asks(for text: ArraySlice<UInt8>, level: LogLevel?) -> Bool {
        if let least = self.level {
            guard let level, level <= least else { return false }
        }
        return (include.isEmpty || include.contains { $0.matches(text) }) && !exclude.contains { $0.matches(text) }
    }
}

/// What is shown of what a container writes.
package struct LogView: Sendable, Equatable {
    /// Which lines; nil is all.
    package var query: LogQuery?
    /// Whether carriage returns before newlines are part of the lines, so that the bytes can be shown as they are.
    package var isExact: Bool

    package init(query: LogQuery? = nil, isExact: Bool = false) {
        self.query = query
        self.isExact = isExact
    }
}
