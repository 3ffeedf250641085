import EngineAPI
import SinkAPI

/// Writes records as syslog messages.
///
/// RFC 5424: the service as APP-NAME, the container's first twelve digits as PROCID, the stream as MSGID, and
/// `[gantry@32473 svc="..." name="..." cid="..." project="..." stream="..." uid="..."]`. A line that is UTF-8, and not
/// only ASCII, has the byte order mark before it; one that is not UTF-8 is sent as it is (MSG-ANY). RFC 3164: times in
/// UTC, the service and the container as TAG; it has no place for an identifier.
///
/// A message that would be longer than the form allows is sent as several, so that nothing is cut off by receivers:
/// rsyslog takes 8096 bytes by default, and a frame of more than 200,000 bytes makes it misread all that follows. Each has
/// `part="2" parts="3"` in its structured data, in RFC 3164 `[2/3] ` before the text; together they are the line.
struct SyslogEncoder {
    private let form: SyslogForm
    private var epoch: String
    private var uid: RecordUID
    private var timeText = TimeText()
    private var sources: [LogSource: Header] = [:]
    private var current: (source: LogSource, header: Header)?
    private var head: [UInt8] = []

    /// What is the same for a source's messages.
    private struct Header {
        /// ` HOST APP PROCID `.
        let names: [UInt8]
        /// ` [gantry@32473 svc="..." cid="..." project="..." stream="`.
        let data: [UInt8]
    }

    /// RFC 5424, sections 6.2.5 and 6.
    private static let longestApplication = 48
    /// RFC 3164, section 4.1.3.
    private static let longestTag = 32
    private static let identifierLength = 12
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }

    init(_ form: SyslogForm, epoch: String) {
        self.form = form
        self.epoch = epoch
        uid = RecordUID(epoch: epoch)
    }

    /// Hands a record's messages to `emit`, each as what stands before the text and the text.
    mutating func messages(
        _ record: LogRecord, emit: (_ head: [UInt8], _ text: ArraySlice<UInt8>) -> Void
    ) {
        if current?.source !== record.source { current = (record.source, header(of: record.source)) }
        guard let header = current?.header else { return }
        let isUnicode = form.version == .rfc5424 && UTF8Bytes.needsMark(record.line)
        begin(record, header, part: nil, isMarked: isUnicode)
        if head.count + record.line.count <= form.largestMessage {
            emit(head, record.line)
            return
        }
        // As if each part had the longest numbers, so that the parts' number does not depend on itself.
        begin(record, header, part: (record.line.count, record.line.count), isMarked: isUnicode)
        let room = max(form.largestMessage - head.count, 4)
        let parts = SyslogEncoder.parts(of: record.line, of: room)
        for (index, part) in parts.enumerated() {
            begin(record, header, part: (index + 1, parts.count), isMarked: isUnicode)
            emit(head, part)
        }
    }

    /// What stands before the text.
    private mutating func begin(_ record: LogRecord, _ header: Header, part: (Int, Int)?, isMarked: Bool) {
        head.removeAll(keepingCapacity: true)
        head.append(UInt8(ascii: "<"))
        Digits.append(UInt64(form.facility) * 8 + UInt64(record.severity.rawValue), to: &head)
        head.append(UInt8(ascii: ">"))
        guard form.version == .rfc5424 else { return beginOld(record, header, part: part) }
        JSONText.append("1 ", to: &head)
        timeText.append(record.time, as: .rfc3339, to: &head)
        // Six digits are allowed after the point (RFC 5424, section 6).
        head.removeLast(4)
        head.append(UInt8(ascii: "Z"))
        head.append(contentsOf: header.names)
        JSONText.append(record.stream == .stdout ? "stdout" : "stderr", to: &head)
        head.append(contentsOf: header.data)
        JSONText.append(record.stream == .stdout ? "stdout\" uid=\"" : "stderr\" uid=\"", to: &head)
        uid.append(record, to: &head)
        if let (number, count) = part {
            JSONText.append("\" part=\"", to: &head)
            Digits.append(UInt64(number), to: &head)
            JSONText.append("\" parts=\"", to: &head)
            Digits.append(UInt64(count), to: &head)
        }
        JSONText.append("\"] ", to: &head)
        if isMarked { head.append(contentsOf: SyslogEncoder.byteOrderMark) }
    }

    /// `Jan  2 03:04:05 HOST TAG[PID]: `.
    private mutating func beginOld(_ record: LogRecord, _ header: Header, part: (Int, Int)?) {
        let start = head.count
        timeText.append(record.time, as: .rfc3339, to: &head)
        // `2026-01-02T03:04:05...`
        let month = Int(head[start + 5] - 48) * 10 + Int(head[start + 6] - 48)
        let day = [head[start + 8] == 48 ? UInt8(ascii: " ") : head[start + 8], head[start + 9]]
        let clock = head[(start + 11)..<(start + 19)]
        head.replaceSubrange(
            start..., with: SyslogEncoder.months[month - 1] + [0x20] + day + [0x20] + Array(clock))
        head.append(contentsOf: header.names)
        if let (number, count) = part {
            head.append(contentsOf: "[\(number)/\(count)] ".utf8)
        }
    }

    private mutating func header(of source: LogSource) -> Header {
        if let header = sources[source] { return header }
        let identifier = String(source.container.rawValue.prefix(SyslogEncoder.identifierLength))
        let space: [UInt8] = [0x20]
        var names = space + form.hostname + space
        var data: [UInt8] = []
        switch form.version {
        case .rfc5424:
            names += SyslogForm.headerField(source.service, longest: SyslogEncoder.longestApplication) + space
            names += SyslogForm.headerField(identifier, longest: SyslogEncoder.identifierLength) + space
            data = Array(" [gantry@32473 svc=\"".utf8) + SyslogEncoder.escaped(source.service)
            data += Array("\" name=\"".utf8) + SyslogEncoder.escaped(source.name)
            data += Array("\" cid=\"".utf8) + SyslogEncoder.escaped(identifier)
            if let project = source.project { data += Array("\" project=\"".utf8) + SyslogEncoder.escaped(project) }
            data += Array("\" stream=\"".utf8)
        case .rfc3164:
            // Only letters and digits are sure to be taken for a tag.
            let tag = source.service.utf8.prefix(SyslogEncoder.longestTag).map {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 ? $0 : 95
            }
            names += tag + Array("[\(identifier)]: ".utf8)
        }
        let header = Header(names: names, data: data)
        sources[source] = header
        return header
    }

    /// A parameter's value (RFC 5424, section 6.3.3).
    private static func escaped(_ text: String) -> [UInt8] {
        text.utf8.flatMap { byte -> [UInt8] in
            [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "]")].contains(byte) ? [0x5C, byte] : [byte]
        }
    }

    /// Pieces of at most `size` bytes that divide no character.
    static func parts(of line: ArraySlice<UInt8>, of size: Int) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var rest = line
        while rest.count > size {
            var end = rest.startIndex + size
            // A character has at most three bytes after its first; what has more is none.
            for back in 0..<4 where rest[end - back] & 0xC0 != 0x80 {
                end -= back
                break
            }
            parts.append(rest[..<end])
            rest = rest[end...]
        }
        return parts + [rest]
    }
}

extension LogRecord {
    /// Its level where that is known; else as the engine's own syslog driver says it, from the stream.
    var severity: LogLevel { level ?? (flags.contains(.notice) ? .warning : stream == .stdout ? .info : .error) }
}

extension UTF8Bytes {
    /// Whether it is UTF-8 and not only ASCII.
    static func needsMark(_ line: ArraySlice<UInt8>) -> Bool {
        line.contains { $0 >= 0x80 } && isValid(line)
    }
}
