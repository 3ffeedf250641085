#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes text and a line feed to standard output; nothing for empty text.
func standardOutput(_ text: String) {
    if !text.isEmpty { writeOutput(text + "\n") }
}

/// Writes text to standard output as it is.
func writeOutput(_ text: String) { writeAll(Array(text.utf8), to: STDOUT_FILENO) }

/// Writes a line to standard error; a closed one is ignored.
func standardError(_ line: String) { writeAll(Array((line + "\n").utf8), to: STDERR_FILENO) }

/// Writes everything, or stops when nobody reads any more.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
    }
}
