#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Puts something in the place of standard streams that the caller has closed, so that no connection or file gets their
/// numbers and then what is printed. Using them fails as it does on closed ones.
func occupyClosedStreams() {
    for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(stream, F_GETFD) < 0 {
        // The lowest free number is the one that is looked at.
        _ = open("/dev/null", mode)
    }
}

/// Writes text and a line feed to standard output; nothing for empty text.
func standardOutput(_ text: String) {
    if !text.isEmpty { writeOutput(text + "\n") }
}

/// Writes text to standard output as it is.
///
/// A reader that has gone is a normal end. Any other failure ends the process: what a full disk cut off must not look
/// like the whole of it. No command that writes so has anything under way.
func writeOutput(_ text: String) {
    let failure = writeAll(Array(text.utf8), to: STDOUT_FILENO)
    guard failure != 0, failure != EPIPE else { return }
    standardError("gantry: the output could not be written: \(String(cString: strerror(failure))).")
    exit(CommandExit.failure.rawValue)
}

/// Writes a line to standard error; a closed one is ignored.
func standardError(_ line: String) { _ = writeAll(Array((line + "\n").utf8), to: STDERR_FILENO) }

/// Writes everything, or stops at the first failure and returns its error number; 0 is success.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written >= 0 else { return errno }
        rest = rest.dropFirst(written)
    }
    return 0
}
