import EngineAPI

/// The lines that were followed and that no audit has met yet, each once, in the order in which they came.
///
/// An audit nearly always meets them in the same order, so they are compared one by one; what is looked for anywhere is
/// looked for in an index that is built then.
struct FollowedLines {
    private struct Line {
        let identity: UInt64
        let time: Int64
        let stream: OutputStream
    }

    private var lines: [Line] = []
    /// Of those that no audit has met.
    private var places: [UInt64: Int]?
    /// Where the next line of an audit is expected. While there is no index, all before it were met.
    private var next = 0

    var count: Int { lines.count }
    var isEmpty: Bool { lines.isEmpty }

    mutating func append(_ identity: UInt64, time: Int64, stream: OutputStream) {
        places?[identity] = lines.count
        lines.append(Line(identity: identity, time: time, stream: stream))
    }

    /// How many of them, from the one that an audit expects next, are older.
    func count(before time: Int64) -> Int { lines[next...].prefix { $0.time < time }.count }

    /// Whether the line was followed and no audit has met it yet.
    mutating func contains(_ identity: UInt64) -> Bool {
        if next < lines.count, lines.last?.identity == identity { return true }
        return index()[identity] != nil
    }

    /// Takes a line that an audit reads; false where it was not followed.
    mutating func meet(_ identity: UInt64) -> Bool {
        if next < lines.count, lines[next].identity == identity,
            places?.removeValue(forKey: identity) != nil
                || places == nil
        {
            next += 1
            return true
        }
        // While nothing was followed there is nothing to build.
        guard next < lines.count || places != nil else { return false }
        var found = index()
        places = nil
        defer { places = found }
        guard let place = found.removeValue(forKey: identity) else { return false }
        next = max(next, place + 1)
        return true
    }

    /// Ends an audit. What is older than where it has come to, and was not met, the engine has no more.
    ///
    /// - Parameter end: the time of a stream's last line that it has passed.
    mutating func endAudit(passing end: (OutputStream) -> Int64?) {
        if let places {
            lines = places.values.sorted().map { lines[$0] }.filter { line in
                end(line.stream).map { line.time >= $0 } ?? true
            }
        } else {
            lines.removeFirst(next)
        }
        next = 0
        places = nil
    }

    private mutating func index() -> [UInt64: Int] {
        if let places { return places }
        var places: [UInt64: Int] = [:]
        places.reserveCapacity(lines.count - next)
        for place in next..<lines.count { places[lines[place].identity] = place }
        self.places = places
        return places
    }
}
