package import SinkAPI

/// Writes records as JSON objects, a line each, with the facts that tell what a container wrote; they have the names that
/// they have everywhere.
package struct JSONLines {
    private static let facts: [RecordFact] = [
        .time, .stream, .level, .project, .service, .replica, .name, .container, .message, .flags,
    ]

    // No record is out of a spool.
    private var writer = RecordJSON(RecordJSONForm(fields: RecordFields(facts)), epoch: "")

    package init() {}

    /// Appends the record and a newline. A line that is not UTF-8 is repaired with U+FFFD, and says so.
    package mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        writer.append(record, to: &out)
        out.append(UInt8(ascii: "\n"))
    }
}
