/// The short form of a volume: `[SOURCE:]TARGET[:OPTION,...]`.
struct MountSyntax: Equatable {
    enum Kind: String { case bind, volume }
    var kind = Kind.volume
    var source: String?
    var target: String
    var readOnly = false
    var noCopy = false
    var propagation: String?
    var selinux: String?
    /// Options that mean nothing, which Docker Compose passes over.
    var unknownOptions: [String] = []
    /// Whether a letter before a colon was taken for a Windows drive.
    var hasDrive = false

    struct Fault: Error {
        var message: String
    }

    init(_ text: String) throws(Fault) {
        guard !text.isEmpty else { throw Fault(message: "a volume cannot be empty") }
        guard text.utf8.count > 2 else {
            target = text
            return
        }
        let (fields, hasDrive) = MountSyntax.split(text)
        self.hasDrive = hasDrive
        switch fields.count {
        case 1:
            target = fields[0]
        case 2, 3:
            source = fields[0]
            target = fields[1]
            if fields.count == 3 { setOptions(fields[2]) }
        default:
            throw Fault(message: "\"\(text)\" has too many colons; write SOURCE:TARGET or SOURCE:TARGET:OPTIONS")
        }
        if fields.contains(where: \.isEmpty) {
            throw Fault(message: "\"\(text)\" has an empty part between its colons")
        }
        if let source, MountSyntax.isPath(source) { kind = .bind }
    }

    private mutating func setOptions(_ text: String) {
        for option in text.split(separator: ",") {
            switch option {
            case "ro": readOnly = true
            case "rw": readOnly = false
            case "nocopy": noCopy = true
            case "z", "Z": selinux = String(option)
            case "rprivate", "private", "rshared", "shared", "rslave", "slave": propagation = String(option)
            default: unknownOptions.append(String(option))
            }
        }
    }

    /// Whether a source names a path on the host, not a volume.
    private static func isPath(_ source: String) -> Bool {
        guard let first = source.utf8.first else { return false }
        switch first {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "~"): return true
        default: return source.hasPrefix("\\\\") || isDrive(source.prefix(2))
        }
    }

    /// The parts between colons; a single letter before a colon is a drive, whose colon divides nothing, and neither
    /// does one of a reference to a variable.
    private static func split(_ text: String) -> (fields: [String], hasDrive: Bool) {
        var fields: [String] = []
        var hasDrive = false
        var pending: Substring?
        for part in splitOutsideBraces(text) {
            if let drive = pending {
                fields.append(drive + ":" + part)
                hasDrive = true
                pending = nil
            } else if isDrive(part + ":") {
                pending = part
            } else {
                fields.append(String(part))
            }
        }
        if let pending { fields.append(String(pending)) }
        return (fields, hasDrive)
    }

    private static func splitOutsideBraces(_ text: String) -> [Substring] {
        guard text.utf8.contains(UInt8(ascii: "{")) else {
            return text.split(separator: ":", omittingEmptySubsequences: false)
        }
        var parts: [Substring] = []
        var start = text.startIndex
        var depth = 0
        for index in text.indices {
            switch text[index] {
            case "{": depth += 1
            case "}": depth -= 1
            case ":" where depth == 0:
                parts.append(text[start..<index])
                start = text.index(after: index)
            default: break
            }
        }
        return parts + [text[start...]]
    }

    private static func isDrive(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 2 && bytes[1] == UInt8(ascii: ":")
            && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[0] | 0x20)
    }
}
