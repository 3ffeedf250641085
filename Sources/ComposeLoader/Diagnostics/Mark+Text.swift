import YAML

extension Mark {
    /// UTF-8 bytes of the files that are searched. Larger ones are written by programs, and each search starts at the top.
    private static let searched = 256 * 1024

    /// Where a character of a scalar that starts here was written: `offset` counts UTF-8 bytes of its text.
    ///
    /// The file may have the text in quotes and on several lines, but its characters in the same order. Where a variable
    /// may have brought the character, the scalar's own place is returned.
    func advanced(to offset: Int, of text: String) -> Mark {
        let bytes = Array(text.utf8)
        guard bytes.indices.contains(offset), file.text.utf8.count <= Mark.searched else { return self }
        let wanted = bytes[offset]
        var remaining = bytes[...offset].count { $0 == wanted }
        var place = (line: 1, column: 1)
        for scalar in file.text.unicodeScalars {
            if (place.line, place.column) >= (line, column) {
                if scalar == "$" { return self }
                if scalar.value == UInt32(wanted) { remaining -= 1 }
                if remaining == 0 { return Mark(file: file, line: place.line, column: place.column) }
            }
            place = scalar == "\n" ? (place.line + 1, 1) : (place.line, place.column + 1)
        }
        return self
    }
}
