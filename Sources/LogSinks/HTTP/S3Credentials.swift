import NIOPosix
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// Where the credentials for S3 come from.
enum S3Credentials: Sendable {
    case known(RequestSignature.Credentials)
    /// A file in the form of `~/.aws/credentials`, read for each object, since others renew it.
    case file(path: String, profile: String)

    /// By the settings `access_key`, `secret_key` and `session_token`, the URL's user and password, `credentials_file` and
    /// `profile`, or the environment's `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`: the first.
    init(
        _ location: SinkLocation, _ settings: inout SinkSettings, environment: [String: String]
    ) throws(SinkConfigurationError) {
        let (access, secret) = (settings.string("access_key"), settings.string("secret_key"))
        let (token, file) = (settings.string("session_token"), settings.string("credentials_file"))
        let profile = settings.string("profile") ?? "default"
        if let access = access ?? location.user, let secret = secret ?? location.password {
            self = .known(.init(accessKey: access, secretKey: secret, sessionToken: token))
        } else if let file {
            self = .file(path: file, profile: profile)
        } else if let access = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] {
            self = .known(
                .init(accessKey: access, secretKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"]))
        } else {
            throw SinkConfigurationError(
                "\(location.text) needs credentials: \"access_key\" and \"secret_key\", \"credentials_file\", or "
                    + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment")
        }
    }

    /// The credentials of now.
    func current() async throws -> RequestSignature.Credentials {
        switch self {
        case .known(let credentials): return credentials
        case .file(let path, let profile):
            let text = try? await NIOThreadPool.singleton.runIfActive {
                String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            }
            guard let text, let credentials = S3Credentials.parse(text, profile: profile) else {
                throw SinkFailure.misconfigured("\(path) holds no credentials for the profile \"\(profile)\"")
            }
            return credentials
        }
    }

    /// The keys under `[profile]`.
    static func parse(_ text: String, profile: String) -> RequestSignature.Credentials? {
        var section = ""
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let plain = line.drop { $0.isWhitespace }
            if plain.hasPrefix("["), let end = plain.firstIndex(of: "]") {
                section = plain[plain.index(after: plain.startIndex)..<end].filter { !$0.isWhitespace }
            } else if section == profile, let equals = plain.firstIndex(of: "="), !plain.hasPrefix("#") {
                let name = plain[..<equals].filter { !$0.isWhitespace }
                values[name] = plain[plain.index(after: equals)...].filter { !$0.isWhitespace }
            }
        }
        guard let access = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
        return .init(accessKey: access, secretKey: secret, sessionToken: values["aws_session_token"])
    }
}
