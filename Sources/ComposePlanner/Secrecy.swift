package import ComposeModel
import Crypto

/// Which values of a configuration look like secrets: they are neither shown nor kept.
///
/// It goes by names and forms, since nothing declares it: a secret in a value that looks like any other is not known for
/// one.
package enum Secrecy {
    /// What the names of variables and options have in them that hold secrets.
    static let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "API_KEY", "PRIVATE_KEY"]
    /// By bytes, because every text of a project is looked at for each release.
    private static let wordBytes = words.map { Array($0.utf8) }
    /// What is shown in place of a secret.
    package static let hidden = "(hidden)"

    /// Whether a variable, an option or a field of this name holds a secret. `PASSWORD_FILE` holds a path.
    package static func isSecret(name: String) -> Bool {
        let separators = [UInt8(ascii: "-"), UInt8(ascii: ".")]
        let name = name.uppercased().utf8.map { separators.contains($0) ? UInt8(ascii: "_") : $0 }
        let isNamed = wordBytes.contains { word in name.indices.contains { name[$0...].starts(with: word) } }
        return isNamed && !name.suffix("_FILE".utf8.count).elementsEqual("_FILE".utf8)
    }

    /// Whether a text has a secret in it: `--password=x`, `TOKEN=x run`, `postgres://user:x@host`.
    package static func isSecret(text: String) -> Bool {
        if text.utf8.contains(UInt8(ascii: "=")) {
            for index in text.indices where text[index] == "=" {
                let name = text[..<index].reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
                if isSecret(name: String(name.reversed())) { return true }
            }
        }
        guard text.utf8.contains(UInt8(ascii: "@")) else { return false }
        return text.split(separator: "://", omittingEmptySubsequences: false).dropFirst().contains { rest in
            let authority = rest.prefix { $0 != "/" && !$0.isWhitespace }
            guard let end = authority.lastIndex(of: "@") else { return false }
            return authority[..<end].contains(":")
        }
    }
}

extension CanonicalValue {
    /// The value with every text that looks like a secret replaced.
    ///
    /// - Parameter name: of the field that holds the value.
    package func replacingSecrets(in name: String = "", _ replace: (String) -> String) -> CanonicalValue {
        switch self {
        case .string(let text) where text.isEmpty: self
        case .string(let text) where Secrecy.isSecret(name: name) || Secrecy.isSecret(text: text):
            .string(replace(text))
        case .list(let items): .list(items.map { $0.replacingSecrets(replace) })
        case .object(let fields):
            .object(fields.map { Field($0.name, $0.value.replacingSecrets(in: $0.name, replace)) })
        case .null, .bool, .int, .double, .string: self
        }
    }
}

/// What stands for a secret where only its equality with another matters: a salted digest, from which a value that nobody
/// can guess is not to be had.
package enum Seal {
    private static let prefix = "sealed:"
    private static let saltLength = 16
    private static let digestLength = 64

    /// - Parameter salt: sixteen characters, other ones for each release.
    static func make(_ text: String, salt: String) -> String {
        isSeal(text) ? text : prefix + salt + ":" + digest(text, salt)
    }

    /// Whether a text has the form of a seal.
    package static func isSeal(_ text: String) -> Bool {
        text.hasPrefix(prefix) && text.utf8.count == prefix.count + saltLength + 1 + digestLength
    }

    /// Whether `seal` stands for `text`.
    package static func matches(_ seal: String, _ text: String) -> Bool {
        guard isSeal(seal) else { return false }
        let salt = String(seal.dropFirst(prefix.count).prefix(saltLength))
        return seal == prefix + salt + ":" + digest(text, salt)
    }

    private static func digest(_ text: String, _ salt: String) -> String {
        hexadecimal(SHA256.hash(data: Array((salt + ":" + text).utf8)))
    }
}
