import EngineAPI
import LogProcessing
import SinkAPI

/// What an audit has found goes its own way through the stages: it is not joined to what was followed.
struct Repairs {
    private let source: LogSource
    private let options: CaptureOptions
    private var streams: [OutputStream: RecordStages] = [:]

    init(_ source: LogSource, _ options: CaptureOptions) {
        self.source = source
        self.options = options
    }

    /// Takes the lines that following left out.
    mutating func take(_ records: inout [LogRecord], into output: inout [LogRecord]) {
        for stream in OutputStream.allCases {
            let found = records.filter { $0.flags.contains(.repaired) && $0.stream == stream }
            guard !found.isEmpty else { continue }
            streams[stream, default: RecordStages(options.stages(source, stream))].take(found, into: &output)
        }
        records.removeAll { $0.flags.contains(.repaired) }
    }

    /// What the stages hold back, at the end.
    mutating func finish(into output: inout [LogRecord]) {
        for stream in OutputStream.allCases { streams[stream]?.flush(into: &output) }
    }
}
