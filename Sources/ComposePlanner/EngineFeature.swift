import ComposeModel
import EngineAPI

/// What only newer engines can do.
enum EngineFeature {
    /// Mounts in the long form make missing folders.
    case createsBindSource
    case annotations
    case startInterval
    /// Each network of a container has an address of its own.
    case multipleNetworks
    /// The mounts below a read-only one are read-only too.
    case recursiveReadOnly
    case volumeSubpath
    case enableIPv4
    case imageMount
    case gatewayPriority
    case interfaceName

    /// The first API that has it.
    var version: APIVersion {
        switch self {
        case .createsBindSource: APIVersion(1, 42)
        case .annotations: APIVersion(1, 43)
        case .startInterval, .multipleNetworks, .recursiveReadOnly: APIVersion(1, 44)
        case .volumeSubpath: APIVersion(1, 45)
        case .enableIPv4, .imageMount, .gatewayPriority: APIVersion(1, 48)
        case .interfaceName: APIVersion(1, 49)
        }
    }
}

extension UpPlanner {
    /// Whether the engine has it; true where nobody asked the engine.
    func engineHas(_ feature: EngineFeature) -> Bool {
        observed.engine.map { $0.apiVersion >= feature.version } ?? true
    }

    /// Refuses what an older engine would pass over without a word.
    mutating func need(_ feature: EngineFeature, _ attribute: String, _ service: Service) {
        need(feature, "Service \(service.name): \(attribute)")
    }

    mutating func need(_ feature: EngineFeature, _ subject: String) {
        guard let engine = observed.engine, !engineHas(feature) else { return }
        problems.append(
            "\(subject) needs Engine API \(feature.version) or later; this engine has \(engine.apiVersion). Remove it, "
                + "or run a newer engine.")
    }
}
