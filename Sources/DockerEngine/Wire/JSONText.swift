import EngineAPI

/// The texts of request bodies and filters.
enum JSONText {
    static func encode(_ value: any JSONWritable) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    /// The `filters` parameter: values by filter name; none where nothing is filtered.
    static func filters(_ filters: [String: [String]]) -> [(name: String, value: String)] {
        let used = filters.filter { !$0.value.isEmpty }
        guard !used.isEmpty else { return [] }
        return [("filters", String(decoding: encode(used), as: UTF8.self))]
    }
}

/// An object without contents, as the Engine API writes members of a set.
struct EmptyObject: JSONWritable, JSONReadable, Sendable {
    init() {}

    init(_ json: JSONValue) throws { guard case .object = json else { throw JSONMismatch() } }

    func write(to json: inout JSONWriter) { json.object { _ in } }
}

/// The answer of calls that make something.
struct CreatedBody: JSONReadable, Sendable {
    var id: String
    var warnings: [String]?

    init(_ json: JSONValue) throws {
        id = try json.read("Id")
        warnings = try json.read("Warnings")
    }
}

extension Duration {
    /// Whole nanoseconds, as the Engine API counts durations.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }

    /// Seconds, begun ones counted as whole: a grace period is never shortened.
    var secondsRoundedUp: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
