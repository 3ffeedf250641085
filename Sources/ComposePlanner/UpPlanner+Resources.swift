import ComposeModel
import EngineAPI

extension UpPlanner {
    // MARK: Images

    mutating func planPulls(_ services: [Service]) -> [ImagePull] {
        if options.onlyStart { return [] }
        var wanted: [String: (platform: String?, cause: String, services: [String])] = [:]
        if !options.images.isEmpty { for service in services { refuseMissingImage(service) } }
        for service in services where (options.scale[service.name] ?? service.replicas) > 0 {
            for reference in imageReferences(service) {
                guard let cause = pullCause(of: reference, service) else { continue }
                wanted[reference, default: (platform(service), cause, [])].services.append(service.name)
            }
        }
        for service in services {
            for mount in service.volumes where mount.kind == .image {
                let reference = imageReference(mountedBy: mount.source ?? "")
                guard observed.images[reference] == nil else { continue }
                wanted[reference, default: (project.defaultPlatform, "is not on the engine", [])].services
                    .append(service.name)
            }
        }
        return wanted.sorted { $0.key < $1.key }.map {
            ImagePull(
                reference: $0.key, platform: $0.value.platform, cause: $0.value.cause, services: $0.value.services)
        }
    }

    /// Why an image of a service is to be pulled, nil where it is not.
    private mutating func pullCause(of reference: String, _ service: Service) -> String? {
        let isPresent = observed.images[reference] != nil
        switch service.pullPolicy {
        case .always where !options.pulled.contains(reference): return "pull_policy is always"
        case .never where !isPresent:
            problems.append(
                "Service \(service.name) cannot start: image \(reference) is not on the engine and pull_policy is "
                    + "never. Load or pull the image, or change pull_policy.")
            return nil
        default:
            if isPresent { return nil }
            if service.image == nil, service.build != nil, reference == imageReference(service) {
                problems.append(
                    "Service \(service.name) is to be built, which gantry does not do yet, and image \(reference) "
                        + "is not on the engine. Build it first: `docker build -t \(reference) CONTEXT`.")
                return nil
            }
            return "is not on the engine"
        }
    }

    /// The service's image, unless it is given by its identifier, and those of its hooks that run in containers of their
    /// own.
    private func imageReferences(_ service: Service) -> Set<String> {
        Set(
            (options.images[service.name] == nil ? [imageReference(service)] : [])
                + service.hooks(.preStart).compactMap(\.image))
    }

    func imageReference(_ service: Service) -> String { service.imageName(in: project) }

    /// The image that the service's containers are to have, nil where it is not on the engine.
    func image(of service: Service) -> ImageDetails? {
        let named = observed.images[imageReference(service)]
        guard let id = options.images[service.name], named?.id != id else { return named }
        return observed.images[id.rawValue]
    }

    /// What new containers are made from: the reference, unless another image than the one given has it now.
    func imageToRun(_ service: Service) -> String {
        let reference = imageReference(service)
        guard let id = options.images[service.name], observed.images[reference]?.id != id else { return reference }
        return id.rawValue
    }

    private mutating func refuseMissingImage(_ service: Service) {
        guard let id = options.images[service.name], service.replicas > 0, image(of: service) == nil else { return }
        let reference = imageReference(service)
        problems.append(
            "Service \(service.name) is to run image \(reference) as it was then (\(short(id.rawValue))), and the engine "
                + "has it no more. Load or pull that very image, or bring the project up with the present one by "
                + "`gantry up`.")
    }

    // MARK: Labels

    /// What every network and volume of the project carries.
    func ownLabels(hash: String) -> [String: String] {
        [
            ComposeLabels.project: project.name, ComposeLabels.version: ComposeLabels.modelVersion,
            ComposeLabels.configHash: hash,
        ]
    }
}
