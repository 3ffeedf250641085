/// Text from containers and engines without what would act on a terminal.
enum SafeText {
    /// A line; its line feeds are replaced like other control characters.
    static func line(_ text: String) -> String { replaced(text) { $0 == "\t" } }

    /// Several lines; line feeds stay.
    static func lines(_ text: String) -> String { replaced(text) { $0 == "\t" || $0 == "\n" } }

    private static func replaced(_ text: String, except keeps: (Unicode.Scalar) -> Bool) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                    return isControl && !keeps(scalar) ? "\u{FFFD}" : scalar
                }))
    }
}
