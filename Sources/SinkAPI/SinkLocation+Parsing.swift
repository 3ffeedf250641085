extension SinkLocation {
    /// Reads `kind[+transport]:` and what follows it: `//[user[:password]@]host[:port][/path][?key=value&...]`, or a path
    /// alone (`file:./logs/{service}.jsonl`). The form is RFC 3986's; `{service}` and the like may stand in a path as they are.
    ///
    /// - Parameter settings: the settings written beside the URL, which win over those in its query.
    /// - Throws: ``SinkConfigurationError`` with what is wrong with the text; it repeats no password.
    public init(parsing text: String, settings: [String: String] = [:]) throws(SinkConfigurationError) {
        guard let colon = text.firstIndex(of: ":"), let first = text.first, first.isASCII, first.isLetter else {
            throw SinkConfigurationError(
                "a sink's URL begins with its kind, as in \"loki+http://127.0.0.1:3100\" or \"file:./out.jsonl\"")
        }
        let scheme = text[..<colon].lowercased().split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard
            scheme.allSatisfy({
                !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            })
        else { throw SinkConfigurationError("\"\(text[..<colon])\" is no kind of sink") }
        var rest = text[text.index(after: colon)...]
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        var query: [String: String] = [:]
        if let mark = rest.firstIndex(of: "?") {
            for pair in rest[rest.index(after: mark)...].split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                query[try SinkLocation.decoded(parts[0])] =
                    parts.count == 2 ? try SinkLocation.decoded(parts[1]) : "true"
            }
            rest = rest[..<mark]
        }
        var authority = Authority()
        let hasAuthority = rest.hasPrefix("//")
        if hasAuthority {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            authority = try Authority(rest[..<end])
            rest = rest[end...]
        }
        // The query is left out: it may hold a token.
        let shown = "\(text[..<colon]):" + (hasAuthority ? "//\(authority.shown)" : "") + rest
        self.init(
            text: shown, kind: String(scheme[0]), transport: scheme.count == 2 ? String(scheme[1]) : "",
            user: authority.user, password: authority.password, host: authority.host, port: authority.port,
            path: try SinkLocation.decoded(rest), settings: query.merging(settings) { $1 })
    }

    /// What stands between `//` and the path.
    private struct Authority {
        var user: String?
        var password: String?
        var host = ""
        var port: Int?
        /// As it was written, without user and password.
        var shown = ""

        init() {}

        init(_ text: Substring) throws(SinkConfigurationError) {
            var address = text
            if let at = text.lastIndex(of: "@") {
                let parts = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                user = try decoded(parts[0])
                password = parts.count == 2 ? try decoded(parts[1]) : nil
                address = text[text.index(after: at)...]
            }
            shown = String(address)
            var name = address
            if address.first == "[" {
                guard let end = address.firstIndex(of: "]") else {
                    throw SinkConfigurationError("\"\(address)\" lacks a closing bracket")
                }
                name = address[address.index(after: address.startIndex)..<end]
                address = address[address.index(after: end)...]
            } else if let colon = address.lastIndex(of: ":") {
                name = address[..<colon]
                address = address[colon...]
            } else {
                address = ""
            }
            host = try decoded(name)
            guard address.first == ":" else { return }
            guard let number = Int(address.dropFirst()), (1...65535).contains(number) else {
                throw SinkConfigurationError("\"\(address.dropFirst())\" is no port: a number from 1 to 65535 is")
            }
            port = number
        }
    }

    /// Percent-encoded text as it is meant (RFC 3986, section 2.1).
    private static func decoded(_ text: some StringProtocol) throws(SinkConfigurationError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                throw SinkConfigurationError(
                    "a \"%\" in a URL is followed by two digits of base 16; one itself is written \"%25\"")
            }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw SinkConfigurationError("the URL's encoded characters are not UTF-8")
        }
        return decoded
    }
}
