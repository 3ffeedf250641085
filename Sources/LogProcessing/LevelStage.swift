package import SinkAPI

/// Tells how grave lines are, by what is written in them. A level that is known already stays.
package struct LevelStage: RecordStage {
    package init() {}

    package mutating func take(_ records: consuming [LogRecord], into out: inout [LogRecord]) {
        let first = out.count
        out.take(records)
        out.withUnsafeMutableBufferPointer { out in
            for index in first..<out.count where out[index].level == nil && !out[index].flags.contains(.notice) {
                out[index].level = out[index].line.withUnsafeBytes(LevelDetection.level)
            }
        }
    }
}

/// How programs write the level of a line.
enum LevelDetection {
    /// Where a level is looked for in lines that are no JSON: it stands near the beginning, behind times and names.
    private static let lookedAt = 256
    /// The same for JSON, whose keys are in no order.
    private static let lookedAtJSON = 16 << 10

    static func level(of line: ArraySlice<UInt8>) -> LogLevel? { line.withUnsafeBytes(level) }

    static func level(of line: UnsafeRawBufferPointer) -> LogLevel? {
        guard let start = line.firstIndex(where: { !$0.isBlank }) else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: line[start...])
        switch rest[0] {
        case UInt8(ascii: "{"):
            return json(UnsafeRawBufferPointer(rebasing: rest.prefix(lookedAtJSON)))
        case UInt8(ascii: "<"):
            if let level = syslog(rest) { return level }
        case UInt8(ascii: "I"), UInt8(ascii: "W"), UInt8(ascii: "E"), UInt8(ascii: "F"):
            if let level = klog(rest) { return level }
        default: break
        }
        let near = UnsafeRawBufferPointer(rebasing: rest.prefix(lookedAt))
        return logfmt(near) ?? LevelWords.leading(near)
    }

    // MARK: Forms

    /// `<14>` before the message (RFC 5424, section 6.2.1): the lowest three bits.
    private static func syslog(_ line: UnsafeRawBufferPointer) -> LogLevel? {
        let highest = 191
        var (value, position) = (0, 1)
        while position < min(4, line.count), line[position].isDigit {
            value = value * 10 + Int(line[position] - UInt8(ascii: "0"))
            position += 1
        }
        guard position > 1, position < line.count, line[position] == UInt8(ascii: ">"), value <= highest else {
            return nil
        }
        return LogLevel(rawValue: UInt8(value & 7))
    }

    /// `E0102 15:04:05.678901`, as Kubernetes' and Google's loggers write it.
    private static func klog(_ line: UnsafeRawBufferPointer) -> LogLevel? {
        let form = Array("0000 00:00:00".utf8)
        guard line.count > form.count else { return nil }
        for (index, expected) in form.enumerated() {
            let byte = line[index + 1]
            guard expected == UInt8(ascii: "0") ? byte.isDigit : byte == expected else { return nil }
        }
        switch line[0] {
        case UInt8(ascii: "I"): return .info
        case UInt8(ascii: "W"): return .warning
        case UInt8(ascii: "E"): return .error
        default: return .critical
        }
    }

    /// `level=warn` or `lvl="warn"`.
    private static func logfmt(_ line: UnsafeRawBufferPointer) -> LogLevel? {
        var position = 0
        while let sign = line[position...].firstIndex(of: UInt8(ascii: "=")) {
            position = sign + 1
            var start = sign
            while start > 0, !line[start - 1].isBlank { start -= 1 }
            guard start < sign, position < line.count, LevelKey.canBegin(with: line[start]) else { continue }
            let key = UnsafeRawBufferPointer(rebasing: line[start..<sign])
            guard LevelKey.all.contains(where: { $0.isNamed(key) }) else { continue }
            if line[position] == UInt8(ascii: "\"") { position += 1 }
            let value = line[position...].prefix { $0.isLetter }
            if let level = LevelWords.level(UnsafeRawBufferPointer(rebasing: value)) { return level }
        }
        return nil
    }

    /// The value of the first key of the outermost object that names a level.
    private static func json(_ line: UnsafeRawBufferPointer) -> LogLevel? {
        var (position, depth) = (0, 0)
        while position < line.count {
            switch line[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return nil }
            case UInt8(ascii: "\""):
                let end = endOfText(line, position + 1)
                if depth == 1, position + 1 < line.count, LevelKey.canBegin(with: line[position + 1]),
                    let colon = line[min(end + 1, line.count)...].firstIndex(where: { !$0.isBlank }),
                    line[colon] == UInt8(ascii: ":"), end - position - 1 <= LevelKey.longest
                {
                    let name = UnsafeRawBufferPointer(rebasing: line[position + 1..<end])
                    if let key = LevelKey.all.first(where: { $0.isNamed(name) }),
                        let level = value(line, after: colon, key)
                    {
                        return level
                    }
                }
                position = end
            default: break
            }
            position += 1
        }
        return nil
    }

    private static func endOfText(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var position = start
        while position < line.count, line[position] != UInt8(ascii: "\"") {
            position += line[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position, line.count)
    }

    private static func value(_ line: UnsafeRawBufferPointer, after colon: Int, _ key: LevelKey) -> LogLevel? {
        guard let start = line[(colon + 1)...].firstIndex(where: { !$0.isBlank }) else { return nil }
        let isText = line[start] == UInt8(ascii: "\"")
        let rest = line[(isText ? start + 1 : start)...]
        let digits = rest.prefix { $0.isDigit }
        guard digits.isEmpty else {
            // Longer ones are no levels.
            return digits.count > 3 ? nil : key.level(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
        }
        return isText ? LevelWords.level(UnsafeRawBufferPointer(rebasing: rest.prefix { $0.isLetter })) : nil
    }
}

/// A key whose value is a level, and what numbers mean there.
struct LevelKey: Sendable {
    let name: [UInt8]
    let level: @Sendable (Int) -> LogLevel?

    /// Case counts for nothing.
    func isNamed(_ key: UnsafeRawBufferPointer) -> Bool {
        key.count == name.count && key.indices.allSatisfy { key[$0].lowercased == name[$0] }
    }

    static let all: [LevelKey] = {
        let common = ["level", "severity", "lvl", "loglevel", "log_level", "log.level", "levelname", "level_name"]
        let named = common + ["severity_text", "severitytext", "priority"]
        return named.map { LevelKey(name: Array($0.utf8), level: ordinary) } + [
            LevelKey(name: Array("levelno".utf8), level: python),
            LevelKey(name: Array("severitynumber".utf8), level: openTelemetry),
            LevelKey(name: Array("severity_number".utf8), level: openTelemetry),
        ]
    }()
    static let longest = all.map(\.name.count).max() ?? 0

    /// All begin with one of three letters: a look at the first spares most others.
    static func canBegin(with byte: UInt8) -> Bool { "lsp".utf8.contains(byte.lowercased) }

    /// Syslog's below eight; else those of bunyan and pino: 30 is info.
    private static let ordinary: @Sendable (Int) -> LogLevel? = { number in
        switch number {
        case 0..<8: LogLevel(rawValue: UInt8(number))
        case 10..<30: .debug
        case 30..<40: .info
        case 40..<50: .warning
        case 50..<60: .error
        case 60..<70: .critical
        default: nil
        }
    }

    /// Of Python's `logging`.
    private static let python: @Sendable (Int) -> LogLevel? = { number in
        number >= 50 ? .critical : number >= 40 ? .error : number >= 30 ? .warning : number >= 20 ? .info : .debug
    }

    /// Of OpenTelemetry's log data model, "Field: SeverityNumber".
    private static let openTelemetry: @Sendable (Int) -> LogLevel? = { number in
        switch number {
        case 1..<9: .debug
        case 9..<13: .info
        case 13..<17: .warning
        case 17..<21: .error
        case 21..<25: .critical
        default: nil
        }
    }
}
