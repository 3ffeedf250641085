import EngineAPI

extension APIVersion {
    /// Answers name the framing of a container's output in their content type.
    static let statesOutputFraming = APIVersion(1, 42)
    /// Binds may create their source.
    static let createsBindSource = APIVersion(1, 42)
    /// A container can be created with several networks, and each has its own MAC address.
    static let multipleNetworks = APIVersion(1, 44)
    /// Healthchecks have an interval of their own within the start period.
    static let startInterval = APIVersion(1, 44)
    /// The mounts below a read-only bind mount can be told to be read-only too, or not to.
    static let mountRecursion = APIVersion(1, 44)
    /// Volumes can be mounted from a directory inside.
    static let volumeSubpath = APIVersion(1, 45)
    /// IPv4 can be switched off for a network.
    static let enableIPv4 = APIVersion(1, 48)
    /// Images can be mounted, and networks compete for the default route by priority.
    static let imageMounts = APIVersion(1, 48)
    /// Networks compete for the default route by priority.
    static let gatewayPriority = APIVersion(1, 48)

    /// Throws `.unsupported` where the engine's API is older than a feature that is asked for.
    func require(_ needed: APIVersion, for feature: String, call: String) throws(EngineError) {
        guard self < needed else { return }
        throw EngineError(
            .unsupported, call: call, message: "\(feature) needs an engine with API \(needed); this one has \(self)")
    }
}

extension ContainerSpec {
    /// Throws for what the engine would ignore without a word, or refuse without a reason.
    func requireSupport(in version: APIVersion, call: String) throws(EngineError) {
        if environment.contains(where: { $0.isEmpty || $0.hasPrefix("=") }) {
            // Refused here: the engine's message would quote the value.
            throw EngineError(.invalidRequest, call: call, message: "an entry of the environment has no name")
        }
        if healthCheck?.startInterval != nil {
            try version.require(.startInterval, for: "a healthcheck's start_interval", call: call)
        }
        for mount in mounts {
            if mount.type == "image" { try version.require(.imageMounts, for: "an image mount", call: call) }
            if mount.type == "volume", mount.subpath != nil {
                try version.require(.volumeSubpath, for: "a volume's subpath", call: call)
            }
            if mount.recursion == .readOnly {
                try version.require(.mountRecursion, for: "a bind mount that is read-only all the way down", call: call)
            }
            if mount.type == "bind", mount.createSource {
                try version.require(.createsBindSource, for: "creating the source of a bind mount", call: call)
            }
        }
        for attachment in networks.dropFirst() where attachment.macAddress != nil {
            try version.require(.multipleNetworks, for: "a MAC address on a further network", call: call)
        }
        for attachment in networks { try attachment.requireSupport(in: version, call: call) }
    }
}

extension NetworkAttachment {
    func requireSupport(in version: APIVersion, call: String) throws(EngineError) {
        if gatewayPriority != nil {
            try version.require(.gatewayPriority, for: "a network's gateway priority", call: call)
        }
    }
}
