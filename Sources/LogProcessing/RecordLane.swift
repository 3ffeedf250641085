import EngineAPI
import SinkAPI

extension LogRecord {
    /// Which of a source's lines follow one another: those of one stream, and apart from them those of it that were found
    /// by reading again, which come later than they were written.
    var lane: Int { (stream == .stdout ? 0 : 1) + (flags.contains(.repaired) ? 2 : 0) }
    static let lanes = 4
}
