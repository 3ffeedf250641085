public import EngineAPI

/// One line that a container wrote, or what is to be said about its lines.
public struct LogRecord: Sendable, Equatable {
    /// What a record is besides a whole line.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// One bit for each.
        public let rawValue: UInt8
        /// The flags with these bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The line goes on in the next record of this source and stream, because it is too long to be kept whole.
        public static let partial = Flags(rawValue: 1 << 0)
        /// The container ended before it wrote the newline.
        public static let unterminated = Flags(rawValue: 1 << 1)
        /// The engine had left it out while it was followed; it was found by reading again.
        public static let repaired = Flags(rawValue: 1 << 2)
        /// No line but a notice about lines: that some are gone for good, or were dropped. `line` says it, for
        /// people and programs: `log.gap from=2026-05-01T10:00:00Z to=2026-05-01T10:00:03Z lost=120 reason="..."`.
        public static let notice = Flags(rawValue: 1 << 3)
    }

    /// The container that wrote it.
    public let source: LogSource
    /// Which of its two streams.
    public let stream: OutputStream
    /// The engine's time of the line's first byte.
    public let time: EngineTime
    /// The bytes as they were written, without the newline and without a carriage return before it. They need not be
    /// UTF-8, and may hold any byte; a newline only between lines that were joined, such as those of a stack trace.
    public var line: ArraySlice<UInt8>
    /// What it is besides a whole line.
    public var flags: Flags
    /// Its position in the spool, from 1; 0 until it is there. Rises with every record, over all sources.
    public var sequence: UInt64
    /// How grave it is, where that is known.
    public var level: LogLevel?

    /// A record with these facts.
    public init(
        source: LogSource, stream: OutputStream, time: EngineTime, line: ArraySlice<UInt8>, flags: Flags = [],
        sequence: UInt64 = 0, level: LogLevel? = nil
    ) {
        self.source = source
        self.stream = stream
        self.time = time
        self.line = line
        self.flags = flags
        self.sequence = sequence
        self.level = level
    }
}

/// How grave a line is, as the program that wrote it says; the numbers are syslog's (RFC 5424, section 6.2.1).
public enum LogLevel: UInt8, Sendable, Comparable, CaseIterable {
    case emergency = 0
    case alert, critical, error, warning, notice, info, debug

    /// The graver is the less.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    /// `error`, `info`: the word that receivers know.
    public var name: String {
        switch self {
        case .emergency: "emergency"
        case .alert: "alert"
        case .critical: "critical"
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }
}
