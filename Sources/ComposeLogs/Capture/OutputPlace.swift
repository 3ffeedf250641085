import EngineAPI

/// Up to which line a stream's output is known, in the order in which the engine keeps it.
struct StreamPlace: Equatable, Sendable {
    /// Of the last line, in nanoseconds.
    var time: Int64
    /// Of the last line.
    var identity: UInt64
    /// How many lines with this identity there were, one after the other.
    var count: UInt32 = 1
    /// The latest time of any line; later than the last line's where the clock was set back.
    var high: Int64
}

/// Up to where a container's output is known.
struct OutputPlace: Equatable, Sendable {
    var stdout: StreamPlace?
    var stderr: StreamPlace?
    /// From where on the engine has to be asked to get the lines behind, without the guard.
    var since: Int64

    subscript(stream: OutputStream) -> StreamPlace? {
        get { stream == .stdout ? stdout : stderr }
        set { if stream == .stdout { stdout = newValue } else { stderr = newValue } }
    }
}

// As bytes: a version, which streams have a place, `since`, and each place; little-endian.
extension OutputPlace {
    private static let version: UInt8 = 1

    var encoded: [UInt8] {
        var bytes: [UInt8] = [OutputPlace.version, (stdout == nil ? 0 : 1) | (stderr == nil ? 0 : 2)]
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        put(since)
        for case let place? in [stdout, stderr] {
            put(place.time)
            put(place.identity)
            put(place.count)
            put(place.high)
        }
        return bytes
    }

    /// Nil for what ``encoded`` never gave.
    init?(encoded bytes: [UInt8]) {
        guard bytes.count >= 2, bytes[0] == OutputPlace.version else { return nil }
        var rest = bytes[2...]
        func take<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
            let size = MemoryLayout<Value>.size
            guard rest.count >= size else { return nil }
            defer { rest = rest.dropFirst(size) }
            return rest.prefix(size).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
        }
        func place() -> StreamPlace? {
            guard let time = take(Int64.self), let identity = take(UInt64.self), let count = take(UInt32.self),
                let high = take(Int64.self)
            else { return nil }
            return StreamPlace(time: time, identity: identity, count: count, high: high)
        }
        guard let since = take(Int64.self) else { return nil }
        self.since = since
        stdout = bytes[1] & 1 == 0 ? nil : place()
        stderr = bytes[1] & 2 == 0 ? nil : place()
        guard rest.isEmpty, (stdout != nil) == (bytes[1] & 1 != 0), (stderr != nil) == (bytes[1] & 2 != 0) else {
            return nil
        }
    }
}
