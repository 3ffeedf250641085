/// What is allowed and seldom meant. Each is a warning, and its name turns the warning off: in the file with
/// `x-gantry: {ignore: [NAME]}`, or in the environment with `GANTRY_NO_WARN=NAME,NAME`.
package enum Trap: String, Sendable, CaseIterable {
    case commandOperator = "command-operator"
    case rewrittenNumber = "rewritten-number"
    case unsetVariable = "unset-variable"
    case ignoredKey = "ignored-key"
    case windowsDrive = "windows-drive"
    case repeatedHost = "repeated-host"
    case obsoleteVersion = "obsolete-version"
    case unknownOption = "unknown-option"
    case booleanWord = "boolean-word"
    case externalName = "external-name"
    case severalFiles = "several-files"
    case unknownWarning = "unknown-warning"

    /// What to do about it.
    package var advice: String {
        switch self {
        case .commandOperator: "write [\"sh\", \"-c\", \"...\"] to have a shell run the whole line"
        case .rewrittenNumber: "put it in quotes to keep it as it is written"
        case .unsetVariable: "write ${NAME:-default} to give a default"
        case .ignoredKey: "remove it"
        case .windowsDrive: "give the volume a longer name, or use the long form"
        case .repeatedHost: "write \"extra_hosts: !override\" to replace the addresses"
        case .obsoleteVersion: "remove it"
        case .unknownOption: "remove it"
        case .booleanWord: "write true or false"
        case .externalName: "write \"name\" and \"external: true\""
        case .severalFiles: "name the files to read with --file"
        case .unknownWarning: "the names are " + Trap.allCases.map(\.rawValue).joined(separator: ", ")
        }
    }
}
