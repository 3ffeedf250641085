#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Writes to pipes and terminals.
enum PipeWriter {
    /// Why it could not be written.
    struct Failure: Error, CustomStringConvertible {
        let code: CInt
        var description: String { String(cString: strerror(code)) }
    }

    /// How often a cancelled task is looked for while the reader does not read, in milliseconds.
    private static let patience: CInt = 100

    /// Writes all of it; blocks while the reader does not read. A reader that is gone is an error, never a signal: one
    /// that is pending afterwards is ours, and taken away.
    static func write(_ bytes: [UInt8], to descriptor: CInt) throws {
        var (pipe, before) = (sigset_t(), sigset_t())
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                let ready = poll(&state, 1, patience)
                try Task.checkCancellation()
                guard ready > 0 else { continue }
                // More than a pipe surely takes could block, whatever poll says.
                let count = min(bytes.count - written, Int(PIPE_BUF))
                let result = Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, count)
                if result >= 0 {
                    written += result
                } else if errno != EINTR, errno != EAGAIN {
                    let code = errno
                    if code == EPIPE {
                        var none = timespec()
                        sigtimedwait(&pipe, nil, &none)
                    }
                    throw Failure(code: code)
                }
            }
        }
    }
}
