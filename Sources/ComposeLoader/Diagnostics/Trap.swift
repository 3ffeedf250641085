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
    case unreachableProfile = "unreachable-profile"
    case unknownProfile = "unknown-profile"
    case portCollision = "port-collision"
    case impossibleCondition = "impossible-condition"
    case twoRestartPolicies = "two-restart-policies"
    case base60Port = "base-60-port"
    case decimalMode = "decimal-mode"

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
        case .unknownProfile: "check its name: without it the services that have a profile stay off"
        case .portCollision: "give one of them another port, or profiles that are not on together"
        case .impossibleCondition: "wait for service_started, or change the other service"
        case .twoRestartPolicies: "remove one of them"
        case .unreachableProfile: "give both a profile in common"
        case .base60Port: "put it in quotes"
        case .decimalMode: "write it with a zero before it, since modes are octal"
        case .unknownWarning: "the names are " + Trap.allCases.map(\.rawValue).joined(separator: ", ")
        }
    }
}
