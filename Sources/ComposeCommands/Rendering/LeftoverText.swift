import ComposeExecutor

/// What a person is told of something that is left.
enum LeftoverText {
    static func text(_ leftover: Leftover) -> String {
        (["\(leftover.what): \(leftover.reason)"] + quoted(leftover.output)).joined(separator: "\n")
    }

    /// For what stays because others use it, which is nothing amiss.
    static func staying(_ leftover: Leftover) -> String { "\(leftover.what) stays, because \(leftover.reason)." }

    /// Lines that a container wrote, without what would act on a terminal.
    static func quoted(_ lines: [String]) -> [String] {
        lines.map { line in
            "    | " + String(String.UnicodeScalarView(line.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t" && (scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
    }
}
