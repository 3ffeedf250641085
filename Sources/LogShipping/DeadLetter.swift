package import EngineAPI
import FoundationEssentials
package import SinkAPI

/// A record that a sink refused for good, and why: a line of the sink's file of dead letters.
package struct DeadLetter: Sendable, Codable, Equatable {
    /// The record's identifier, as the sink's receiver knows it.
    package let uid: String
    /// When it was refused.
    package let time: String
    package let reason: String
    package let epoch: String
    package let sequence: UInt64
    package let container: String
    package let name: String
    package let project: String?
    package let service: String
    package let number: Int
    package let image: String
    package let labels: [String: String]
    package let stream: OutputStream
    /// The engine's time of the line, in nanoseconds since 1970.
    package let nanoseconds: Int64
    package let flags: UInt8
    package let level: UInt8?
    /// The line, where it is UTF-8.
    package let line: String?
    /// The line in base 64, where it is not.
    package let lineBase64: String?

    package init(_ record: LogRecord, of batch: RecordBatch, reason: String, time: EngineTime) {
        uid = batch.uid(of: record)
        self.time = time.rfc3339
        self.reason = reason
        epoch = batch.epoch
        sequence = record.sequence
        let source = record.source
        container = source.container.rawValue
        (name, project, service) = (source.name, source.project, source.service)
        (number, image, labels) = (source.number, source.image, source.labels)
        stream = record.stream
        nanoseconds = record.time.nanoseconds
        flags = record.flags.rawValue
        level = record.level?.rawValue
        line = String(validating: record.line, as: UTF8.self)
        lineBase64 = line == nil ? Data(record.line).base64EncodedString() : nil
    }

    /// The record as it was, in a batch of its own.
    package var batch: RecordBatch {
        let bytes =
            line.map { Array($0.utf8) } ?? lineBase64.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? []
        let source = LogSource(
            container: ContainerID(rawValue: container), name: name, project: project, service: service, number: number,
            image: image, labels: labels)
        let record = LogRecord(
            source: source, stream: stream, time: EngineTime(nanoseconds: nanoseconds), line: bytes[...],
            flags: LogRecord.Flags(rawValue: flags), sequence: sequence, level: level.flatMap(LogLevel.init(rawValue:)))
        return RecordBatch(epoch: epoch, records: [record], range: sequence...sequence)
    }
}
