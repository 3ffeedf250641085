#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// A file that holds a secret alone, as orchestrators mount it and change it while we run.
enum TokenFile {
    /// Its text without the white space around it. Blocks.
    static func read(_ path: String) throws -> String {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let words = text.split { $0.isWhitespace }
        // Control characters would make other headers of it.
        return words.count == 1 ? String(words[0].unicodeScalars.filter { $0.value > 0x20 && $0.value < 0x7F }) : ""
    }
}
