/// Decides when the output of a container is read again, to find what the engine left out while it was followed.
///
/// An engine that drops old output also skips lines that a follower has not read when a file is full, and says nothing.
/// What it skipped can be read again until it is dropped.
struct AuditPolicy {
    /// Of a file: what is left out is found before the next files push it out.
    private static let share = 0.25
    /// A follower that is so far behind may have been skipped over. A healthy one is some milliseconds behind.
    static let longestLag: Duration = .milliseconds(250)
    /// Reading again makes the engine decode all that it keeps; a twentieth of its time is little.
    private static let restFactor = 20
    private static let shortestRest: Duration = .seconds(1)
    /// So many lines are audited even if they are short, because each is remembered until then.
    static let mostLines = 128 << 10
    /// So many are remembered at most; who follows waits then.
    static let mostRemembered = 2 * mostLines

    private let soft: Int
    private let hard: Int
    private let overhead: Int
    private var bytes = 0
    private var lines = 0
    private var isSuspected = false
    /// What is left of the rest after the last audit.
    private var rest: Duration = .zero

    init(_ retention: Retention) {
        soft = Int(Double(retention.fileSize) * AuditPolicy.share)
        hard = Int(Double(retention.size) * AuditPolicy.share)
        overhead = retention.overhead
    }

    /// Takes note of lines that were followed.
    mutating func followed(bytes: Int, lines: Int, lag: Duration) {
        self.bytes += bytes + lines * overhead
        self.lines += lines
        if lag > AuditPolicy.longestLag { isSuspected = true }
    }

    /// Something else than a lag makes it likely that lines were left out.
    mutating func suspect() { isSuspected = true }

    /// Whether an audit will be due without another line.
    var isPending: Bool { isSuspected || bytes >= soft }

    /// Whether an audit is to begin.
    var isDue: Bool {
        bytes >= hard || lines >= AuditPolicy.mostLines || isPending && rest <= .zero
    }

    /// Whether lines were followed that may have been left out in between.
    var isSuspicious: Bool { isSuspected || bytes >= hard }

    /// Time has passed.
    mutating func rested(_ time: Duration) { rest -= min(rest, time) }

    /// An audit begins; what is followed from now on is for the next one.
    mutating func begin() {
        bytes = 0
        lines = 0
        isSuspected = false
    }

    /// An audit has ended, which took this long.
    mutating func end(after time: Duration) {
        rest = max(AuditPolicy.shortestRest, time * AuditPolicy.restFactor)
    }
}
