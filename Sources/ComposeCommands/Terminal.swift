#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is known of the terminal, or of what stands in its place.
struct Terminal: Sendable {
    /// Whether standard output is a terminal.
    let outputIsTerminal: Bool
    /// Whether standard error is a terminal that understands cursor movement.
    let errorIsTerminal: Bool
    private let ansi: ANSIMode
    private let environment: [String: String]

    init(ansi: ANSIMode, environment: [String: String]) {
        let isDumb = environment["TERM"] == "dumb"
        outputIsTerminal = isatty(STDOUT_FILENO) == 1 && !isDumb
        errorIsTerminal = isatty(STDERR_FILENO) == 1 && !isDumb
        self.ansi = ansi
        self.environment = environment
    }

    /// Whether colours may be written to standard output.
    var colorsOutput: Bool { colors(outputIsTerminal) }
    /// Whether colours may be written to standard error.
    var colorsError: Bool { colors(errorIsTerminal) }

    /// https://no-color.org: a non-empty NO_COLOR switches colours off unless the user asks for them.
    private func colors(_ isTerminal: Bool) -> Bool {
        switch ansi {
        case .always: true
        case .never: false
        case .auto: isTerminal && environment["NO_COLOR", default: ""].isEmpty
        }
    }

    /// Columns and rows of standard error; 80 by 24 where it is no terminal.
    static func size() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
