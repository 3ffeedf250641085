import SinkAPI

/// The words for levels.
enum LevelWords {
    private static let words: [(LogLevel, String)] = [
        (.emergency, "emerg emergency"), (.alert, "alert"), (.critical, "crit critical fatal ftl panic dpanic"),
        (.error, "error err eror severe failure"), (.warning, "warn warning wrn"), (.notice, "notice note"),
        (.info, "info inf information informational log"),
        (.debug, "debug dbg dbug trace trc verbose fine finer finest"),
    ]

    /// By the first letter.
    private static let table: [[(word: [UInt8], level: LogLevel)]] = {
        var table = [[(word: [UInt8], level: LogLevel)]](repeating: [], count: 26)
        for (level, list) in words {
            for word in list.split(separator: " ") {
                let bytes = Array(word.utf8)
                table[Int(bytes[0] - UInt8(ascii: "a"))].append((bytes, level))
            }
        }
        return table
    }()

    /// What a word means, whatever its case.
    static func level(_ word: UnsafeRawBufferPointer) -> LogLevel? {
        guard let first = word.first, first.isLetter else { return nil }
        return table[Int(first.lowercased - UInt8(ascii: "a"))].first { entry in
            entry.word.count == word.count && word.indices.allSatisfy { word[$0].lowercased == entry.word[$0] }
        }?.level
    }

    private static let shortest = 3
    /// How many words are looked at: dates, times, zones, processes and names stand before a level.
    private static let mostWords = 8

    /// The level that stands before the message: `[warn]` and `<warn>` in any case, `WARN` in capitals, `Warning:` as the
    /// first word. A word within a sentence is none.
    static func leading(_ line: UnsafeRawBufferPointer) -> LogLevel? {
        var (position, count) = (0, 0)
        while count < mostWords {
            position = skip(line, from: position) { $0.isBlank || $0 == UInt8(ascii: "|") }
            guard position < line.count else { return nil }
            var isBracketed = false
            while position < line.count, let next = afterOpening(line, position) {
                isBracketed = isBracketed || line[position] == UInt8(ascii: "[") || line[position] == UInt8(ascii: "<")
                position = next
            }
            let end = skip(line, from: position) { $0.isLetter }
            let word = UnsafeRawBufferPointer(rebasing: line[position..<end])
            let closing = end < line.count ? line[end] : UInt8(ascii: " ")
            let isColon = closing == UInt8(ascii: ":")
            let isWhole = isColon || closing.isBlank || "]>)|,\u{1B}".utf8.contains(closing)
            if isWhole, word.count >= shortest, let level = level(word) {
                // These are words of sentences too, in capitals.
                let isUsual = ["LOG", "NOTE", "FINE"].contains { word.elementsEqual($0.utf8) }
                let isCapital = word.allSatisfy { $0 < UInt8(ascii: "a") } && !isUsual
                let isHeading = isColon && (count == 0 || word[0] < UInt8(ascii: "a"))
                if isBracketed || isHeading || isCapital { return level }
            }
            position = skip(line, from: end) { !$0.isBlank && $0 != UInt8(ascii: "|") }
            count += 1
        }
        return nil
    }

    private static func skip(_ line: UnsafeRawBufferPointer, from start: Int, while condition: (UInt8) -> Bool) -> Int {
        var position = start
        while position < line.count, condition(line[position]) { position += 1 }
        return position
    }

    /// Behind an opening bracket, or behind a colour's control sequence (ECMA-48, section 5.4); nil where none begins.
    private static func afterOpening(_ line: UnsafeRawBufferPointer, _ position: Int) -> Int? {
        switch line[position] {
        case UInt8(ascii: "["), UInt8(ascii: "<"), UInt8(ascii: "("), UInt8(ascii: "\""): return position + 1
        case 0x1B where position + 1 < line.count && line[position + 1] == UInt8(ascii: "["):
            let end = skip(line, from: position + 2) { (0x20...0x3F).contains($0) }
            return end < line.count ? end + 1 : nil
        default: return nil
        }
    }
}
