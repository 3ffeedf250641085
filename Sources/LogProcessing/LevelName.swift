package import SinkAPI

extension LogLevel {
    /// The level that a word means, whatever its case: its name, or what programs write for it, such as `WARN` and `fatal`.
    package init?(word: String) {
        let bytes = Array(word.utf8)
        guard let level = bytes.withUnsafeBytes({ LevelWords.level($0) }) else { return nil }
        self = level
    }
}
