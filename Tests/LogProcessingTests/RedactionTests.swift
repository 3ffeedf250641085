import EngineAPI
import FoundationEssentials
import LogSpool
import SinkAPI
import Testing

@testable import LogProcessing

@Suite struct RedactionTests {
    static func redacted(_ line: String, _ rule: RedactionRule) throws -> String {
        try RedactionStage(rule).processed([record(line)])[0].text
    }

    @Test(arguments: [
        (#"{"password":"a\"b","user":"u"}"#, #"{"password":"***","user":"u"}"#),
        (#"x {"Password" : 12, "token":[1,"]",{"a":2}], "b":3}"#, #"x {"Password" : "***", "token":"***", "b":3}"#),
        (#"{"password":"never ends"#, #"{"password":"***"#), (#"{"token":{"a":"#, #"{"token":"***""#),
        (#"{"log":"{\"password\":\"s\\\"x\",\"a\":1}"}"#, #"{"log":"{\"password\":\"***\",\"a\":1}"}"#),
        (#""{\"token\":17}""#, #""{\"token\":\"***\"}""#),
        (#"{"mypassword":"x","password2":"y"}"#, #"{"mypassword":"x","password2":"y"}"#),
        (#"{"password":null}"#, #"{"password":"***"}"#), (#"{"password":"","a":1}"#, #"{"password":"","a":1}"#),
        (#"say "password" and go"#, #"say "password" and go"#),
    ])
    func valuesOfKeysGo(line: String, expected: String) throws {
        #expect(try RedactionTests.redacted(line, RedactionRule(keys: ["password", "TOKEN"])) == expected)
    }

    @Test func ownPatternsGo() throws {
        let rule = RedactionRule(patterns: [try Pattern(#"(?i)pin=\K\d+"#), try Pattern("Alice|x*")])
        #expect(try RedactionTests.redacted("Alice PIN=12, pin=345", rule) == "*** PIN=***, pin=***")
        let costly = RedactionRule(patterns: [try Pattern("^(a|aa)+$")])
        #expect(try RedactionTests.redacted(String(repeating: "a", count: 60) + "!", costly) == "***")
    }

    @Test(arguments: [
        (BuiltInRedaction.urlPasswords, "http://host:8080/users/@me https://a.b/c?x=y@z"),
        (.creditCards, "1700000000000000000 2024-01-01 4111 1111 1111 1112 id=4111111111111111111111"),
        (.bearerTokens, "the bearer of news"), (.jwt, "eyJ.x"), (.passwords, "password reset; tokens 3"),
        (.privateKeys, "-----BEGIN CERTIFICATE-----"), (.awsKeys, "AKIAX xAKIAABCDEFGHIJKLMNOPQ"),
        (.apiKeys, "xoxo-love ghp_short"),
    ])
    func whatIsNoSecretStays(builtIn: BuiltInRedaction, line: String) throws {
        #expect(try RedactionTests.redacted(line, RedactionRule(builtIns: [builtIn])) == line)
    }

    @Test func privateKeysGoOverSeveralRecords() throws {
        let stage = try RedactionStage(RedactionRule(builtIns: [.privateKeys]))
        let body = String(repeating: "Ab9/", count: 16)
        let lines = [
            "a", "-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "", body, "12:00 INFO \(body)", "Qz==",
            "-----END RSA PRIVATE KEY-----", body, "-----BEGIN PRIVATE KEY-----", "it is no key after all", body,
            "x -----BEGIN PRIVATE KEY-----\\n\(body)\\n-----END PRIVATE KEY----- y", body,
        ]
        let out = stage.processed(lines.map { record($0) }).map(\.text)
        #expect(
            out == [
                "a", "-----BEGIN RSA PRIVATE KEY-----", "***", "***", "***", "***", "***",
                "-----END RSA PRIVATE KEY-----", body, "-----BEGIN PRIVATE KEY-----", "it is no key after all", body,
                "x -----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY----- y", body,
            ])
    }

    @Test func noSecretOfTheCorpusReachesTheDisk() async throws {
        var corpus = SecretCorpus(seed: 5)
        let secrets = (0..<800).map { corpus.secret($0) }
        let rule = RedactionRule(keys: ["pin", "client_secret"], builtIns: Set(BuiltInRedaction.allCases))
        let records = try RedactionStage(rule).processed(secrets.map { record($0.line) })
        let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let spool = try await Spool.open(folder.path)
        try await spool.append(records)
        await spool.close()
        var bytes = ""
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file != "emergency" {
            bytes += String(decoding: try Data(contentsOf: folder.appending(path: file)), as: UTF8.self)
        }
        #expect(bytes.contains("shown-799"))
        for (secret, line) in secrets { #expect(!bytes.contains(secret), "\(line)") }
    }
}

/// Lines with secrets, as programs write them.
private struct SecretCorpus {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed) }

    private mutating func text(_ length: Int, _ alphabet: String = SecretCorpus.word) -> String {
        String((0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
    }

    private static let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    private static let word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    private mutating func card() -> String {
        let digits = text(1, "3456") + text([12, 13, 14, 14].randomElement(using: &generator) ?? 14, "0123456789")
        let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
            let value = (digit.element.wholeNumberValue ?? 0) * (digit.offset % 2 == 0 ? 2 : 1)
            return sum + value / 10 + value % 10
        }
        return digits + "\((10 - sum % 10) % 10)"
    }

    mutating func secret(_ number: Int) -> (secret: String, line: String) {
        let word = text(Int.random(in: 12...40, using: &generator))
        let (secret, line): (String, String)
        switch number % 20 {
        case 0: secret = "AKIA" + text(16, SecretCorpus.capitals); line = "using \(secret), ok"
        case 1: secret = text(40, SecretCorpus.word + "/+"); line = "AWS_SECRET_ACCESS_KEY=\(secret)"
        case 2: secret = text(40, SecretCorpus.word + "/+"); line = #"{"SecretAccessKey": "\#(secret)"}"#
        case 3: secret = "ghp_" + text(36); line = "cloning with \(secret)@github.com"
        case 4: secret = "xoxb-" + text(24); line = "slack '\(secret)'"
        case 5: secret = "sk_live_" + text(24); line = #"{\"key\":\"\#(secret)\"}"#
        case 6: secret = word; line = "> authorization: Bearer \(word)"
        case 7: secret = word; line = #"headers={"Authorization":"Basic \#(word)=="}"#
        case 8: secret = word; line = "curl -H 'Authorization: \(word)' x"
        case 9: secret = "eyJ\(text(20)).eyJ\(text(30)).\(text(40))"; line = "cookie=\(secret);"
        case 10: secret = word; line = "connecting to postgres://app:\(word)@db:5432/shop"
        case 11: secret = word + "/!#" + word; line = "redis://:\(secret)@cache"
        case 12: secret = word; line = "DB_PASSWORD=\(word) next"
        case 13: secret = word + " " + word; line = #"level=info password="\#(secret)" x=1"#
        case 14: secret = word; line = #"{"a":1,"db_password":"\#(word)","b":2}"#
        case 15: secret = word; line = "api-key: \(word)"
        case 16: secret = text(64); line = "-----BEGIN EC PRIVATE KEY-----\\n\(secret)\\n-----END EC PRIVATE KEY-----"
        case 17: secret = card(); line = "paid with \(secret)."
        case 18: secret = card(); line = "card \(secret.prefix(4))-\(secret.dropFirst(4))"
        default: secret = word; line = #"{"n":{"client_secret" : "\#(word)"}}"#
        }
        return (secret, line + " shown-\(number)")
    }
}
