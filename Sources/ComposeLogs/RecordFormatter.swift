package import SinkAPI

/// Turns records into the bytes that are shown.
package protocol RecordFormatter: Sendable {
    /// A source is going to write.
    mutating func register(_ source: LogSource)
    /// Appends the record as a line, newline included. One with the flag `notice` is a line about a source.
    mutating func append(_ record: LogRecord, to output: inout [UInt8])
    /// Appends a line about a source that begins with its label: `web-1 exited with code 0`.
    mutating func append(notice: String, about source: LogSource, to output: inout [UInt8])
}

extension RecordFormatter {
    /// Appends records for as long as `isWanted` has it, which is asked with what is there before each.
    ///
    /// - Returns: where it ended.
    mutating func append(
        _ records: ArraySlice<LogRecord>, to output: inout [UInt8],
        while isWanted: (_ record: borrowing LogRecord, _ length: Int) -> Bool
    ) -> Int {
        var position = records.startIndex
        while position < records.endIndex, isWanted(records[position], output.count) {
            append(records[position], to: &output)
            position += 1
        }
        return position
    }
}
