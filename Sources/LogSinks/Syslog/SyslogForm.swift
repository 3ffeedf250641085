import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// How records are written as syslog messages.
///
/// Settings: `rfc` (`5424`, or `3164` for receivers that know no better), `facility` (a name or a number, `user`),
/// `hostname` (this machine's), `max_size` (of a whole message in bytes, see ``SyslogEncoder``).
struct SyslogForm: Sendable {
    enum Version: String, CaseIterable, Sendable {
        case rfc5424 = "5424"
        case rfc3164 = "3164"
    }

    let version: Version
    let facility: UInt8
    let hostname: [UInt8]
    let largestMessage: Int

    /// RFC 5424, section 6.2.1, by its number.
    private static let facilities = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
        "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]
    /// Room for the header and something of a line.
    private static let smallestLimit = 1024
    /// syslog-ng's and rsyslog's limits can be raised to more; nobody does.
    private static let largestLimit = 16 << 20
    /// RFC 5424, section 6.2.4.
    private static let longestHostname = 255

    init(_ settings: inout SinkSettings, largest: Int, upTo limit: Int = largestLimit) throws(SinkConfigurationError) {
        version = try settings.choice("rfc") ?? .rfc5424
        let facility = settings.string("facility") ?? "user"
        let number = UInt8(facility).map { Int($0) } ?? SyslogForm.facilities.firstIndex(of: facility)
        guard let number, SyslogForm.facilities.indices.contains(number) else {
            let names = SyslogForm.facilities.joined(separator: ", ")
            throw settings.wrong("facility", facility, "a number from 0 to 23 or one of \(names)")
        }
        self.facility = UInt8(number)
        largestMessage = try settings.byteCount("max_size", in: SyslogForm.smallestLimit...limit) ?? largest
        hostname = SyslogForm.headerField(
            settings.string("hostname") ?? SyslogForm.machineName(), longest: SyslogForm.longestHostname)
    }

    /// A field of a header: printable ASCII without spaces, `-` where nothing is left.
    static func headerField(_ text: String, longest: Int) -> [UInt8] {
        let bytes = text.utf8.prefix(longest).map { (33...126).contains($0) ? $0 : UInt8(ascii: "_") }
        return bytes.isEmpty ? [UInt8(ascii: "-")] : bytes
    }

    static func machineName() -> String {
        // POSIX: HOST_NAME_MAX is 255 at most.
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
