/// Texts of receivers, made fit for an error: short, on one line, and without what must not be shown.
struct SecretText: Sendable {
    /// Of a receiver's answer, this much is repeated.
    private static let excerpt = 300

    private var secrets: [String] = []

    /// Takes note of a secret. The shortest are left: whoever has "a" for a password hides nothing by it.
    mutating func add(_ secret: String?) {
        guard let secret, secret.utf8.count >= 4 else { return }
        secrets.append(secret)
    }

    /// The text with secrets and control characters replaced, and cut.
    func safe(_ text: String) -> String {
        var clean = text
        for secret in secrets {
            clean = clean.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
        }
        let line = String(String.UnicodeScalarView(clean.unicodeScalars.map { SecretText.isPlain($0) ? $0 : " " }))
        let short = String(line.prefix(SecretText.excerpt)).split(separator: " ").joined(separator: " ")
        return line.count > SecretText.excerpt ? short + "..." : short
    }

    /// Whether it leaves a terminal as it is: control, format and private characters may not.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
