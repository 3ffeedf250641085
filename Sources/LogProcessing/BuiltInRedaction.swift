/// Secrets that are known by their form, for a rule that names them.
package enum BuiltInRedaction: String, Sendable, CaseIterable {
    /// Access keys of AWS, and the secret keys assigned beside them.
    case awsKeys = "aws-keys"
    /// Tokens and keys by the prefixes that their issuers give them: GitHub, GitLab, Slack, Stripe, Google, npm, SendGrid.
    case apiKeys = "api-keys"
    /// `Bearer ...`, and whatever follows `Authorization:`.
    case bearerTokens = "bearer-tokens"
    /// JSON web tokens (RFC 7519), signed and encrypted ones.
    case jwt
    /// `scheme://user:password@host`.
    case urlPasswords = "url-passwords"
    /// What is assigned to a name that ends in `password`, `secret`, `token` or `api_key`, by `=` or `:`.
    case passwords
    /// PEM blocks, also over several records.
    case privateKeys = "private-keys"
    /// Card numbers of 13 to 19 digits whose check digit is right (ISO/IEC 7812-1, annex B).
    case creditCards = "credit-cards"

    /// What is replaced, and texts one of which is in every line that holds it, in lower case. Those of which is nothing
    /// here are found by other means.
    var expressions: [(pattern: String, needles: [String])] {
        switch self {
        case .awsKeys:
            [
                (#"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"#, ["akia", "asia", "abia", "acca"]),
                (#"(?i)secret_?(?:access_?)?key["']?\s*[=:]\s*\\*["']?\K[a-z0-9/+]{40}(?![a-z0-9/+])"#, ["secret"]),
            ]
        case .apiKeys:
            [
                (#"gh[pousr]_[A-Za-z0-9]{36,}"#, ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]),
                (#"github_pat_\w{22,}|glpat-[\w-]{20,}"#, ["github_pat_", "glpat-"]),
                (#"xox[abeprs]-[\w-]{10,}"#, ["xox"]),
                (#"[rs]k_(?:live|test)_[A-Za-z0-9]{10,}"#, ["k_live_", "k_test_"]),
                (#"AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|SG\.[\w-]{16,}\.[\w-]{16,}"#, ["aiza", "npm_", "sg."]),
            ]
        case .bearerTokens:
            [
                (#"(?i)\bbearer\s+\K[\w.~+/-]{8,}=*"#, ["bearer"]),
                (
                    #"(?i)authorization\\*["']?\s*[:=]\s*\\*["']?(?:(?:basic|bearer|digest|negotiate|token)\s+)?\K[^\s"',;\\]+"#,
                    ["authorization"]
                ),
            ]
        case .jwt: [(#"eyJ[\w-]{5,}\.[\w-]*\.[\w-]*(?:\.[\w-]*){0,2}"#, ["eyj"])]
        // Digits and a slash are a port, and the "@" is in the path.
        case .urlPasswords: [(#"://[^\s/:@"'<>]*:\K(?!\d{1,5}/)[^\s"'<>]+(?=@)"#, ["://"])]
        case .passwords:
            [
                (
                    #"(?i)(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key)\\*["']?\s*[=:]\s*\K(?:\\*"(?:[^"\\]|\\.)*+(?:\\*"|$)|'[^']*+(?:'|$)|[^\s,;&"']+)"#,
                    ["passw", "passphrase", "pwd", "secret", "token", "api_key", "api-key", "apikey"]
                )
            ]
        case .privateKeys:
            [
                (
                    #"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----\K[\s\S]*?(?=-----END [A-Z0-9 ]*PRIVATE KEY|\z)"#,
                    ["private key"]
                )
            ]
        case .creditCards: []
        }
    }
}
