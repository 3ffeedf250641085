import ComposeModel
import FoundationEssentials

/// A service's `security_opt` as the engine takes it: with seccomp profiles in place of their files' names.
struct SecurityOptions {
    /// The options for the engine.
    var values: [String] = []
    /// Whether nothing of `/proc` and `/sys` is hidden or protected.
    var isUnconfined = false
    /// What is wrong, each as a phrase.
    var problems: [String] = []
    /// The profiles by option, so that a later plan sees a change.
    var profiles: [String: [UInt8]] = [:]

    init(_ service: Service, in project: Project, files: [String: HostFile]) {
        for option in service.isolation.securityOptions {
            if option == "systempaths=unconfined" {
                isUnconfined = true
            } else if let path = SecurityOptions.profile(option, in: project) {
                addProfile(path, option, files[path])
            } else if option == "no-new-privileges" || option.contains("=") || option.contains(":") {
                values.append(option)
            } else {
                problems.append("security_opt \"\(option)\" is of the form NAME=VALUE")
            }
        }
    }

    private mutating func addProfile(_ path: String, _ option: String, _ file: HostFile?) {
        switch file ?? .unusable("was not read") {
        case .unusable(let reason):
            problems.append("the seccomp profile \(path) \(reason)")
        case .content(let bytes):
            guard let compact = JSONSpace.removed(from: bytes) else {
                problems.append("the seccomp profile \(path) is not JSON")
                return
            }
            values.append("seccomp=" + String(decoding: compact, as: UTF8.self))
            profiles[option] = bytes
        }
    }

    /// The files that the options of a service name.
    static func profiles(of service: Service, in project: Project) -> [String] {
        service.isolation.securityOptions.compactMap { profile($0, in: project) }
    }

    /// The absolute path of the profile that an option names, nil for another one.
    private static func profile(_ option: String, in project: Project) -> String? {
        let separator = option.contains("=") ? "=" : ":"
        let parts = option.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "seccomp", parts[1] != "unconfined", parts[1] != "builtin" else {
            return nil
        }
        return parts[1].hasPrefix("/") ? String(parts[1]) : "\(project.workingDirectory)/\(parts[1])"
    }
}

private enum JSONSpace {
    /// The document without the space between its parts; nil for what is no JSON.
    static func removed(from bytes: [UInt8]) -> [UInt8]? {
        struct Anything: Decodable { init(from decoder: any Decoder) {} }
        guard (try? JSONDecoder().decode(Anything.self, from: Data(bytes))) != nil else { return nil }
        var (isQuoted, isEscaped) = (false, false)
        return bytes.filter { byte in
            defer {
                if isQuoted, !isEscaped, byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
                    isEscaped = false
                }
            }
            return isQuoted || ![0x20, 0x09, 0x0A, 0x0D].contains(byte)
        }
    }
}
