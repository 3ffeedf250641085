import EngineAPI
import FoundationEssentials

/// Encoding of request bodies and filters: keys sorted, so that the same call gives the same bytes.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(value))
    }

    /// The `filters` parameter: values by filter name; nil where nothing is filtered.
    static func filters(_ filters: [String: [String]]) throws -> [(name: String, value: String)] {
        let used = filters.filter { !$0.value.isEmpty }
        guard !used.isEmpty else { return [] }
        return [("filters", String(decoding: try encode(used), as: UTF8.self))]
    }
}

/// An object without contents, as the Engine API writes members of a set.
struct EmptyObject: Codable, Sendable {}

/// The answer of calls that make something.
struct CreatedBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case warnings = "Warnings"
    }
    var id: String
    var warnings: [String]?
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
