import ComposeModel
import EngineAPI

extension UpPlanner {
    // MARK: Images

    mutating func planPulls(_ services: [Service]) -> [ImagePull] {
        if options.onlyStart { return [] }
        var wanted: [String: (platform: String?, cause: String, services: [String])] = [:]
        for service in services { refuseMissingImage(service) }
        let needed = services.filter { (options.scale[$0.name] ?? $0.replicas) > 0 }
            .flatMap { service in imageReferences(service).map { (service, $0) } }
        for (service, reference) in needed {
            let isPresent = observed.images[reference] != nil
            let cause: String
            switch service.pullPolicy {
            case .always where !options.pulled.contains(reference): cause = "pull_policy is always"
            case .never where !isPresent:
                problems.append(
                    "Service \(service.name) cannot start: image \(reference) is not on the engine and pull_policy is "
                        + "never. Load or pull the image, or change pull_policy.")
                continue
            default:
                if isPresent { continue }
                if service.image == nil, service.build != nil, reference == imageReference(service) {
                    problems.append(
                        "Service \(service.name) is to be built, which gantry does not do yet, and image \(reference) "
                            + "is not on the engine. Build it first: `docker build -t \(reference) CONTEXT`.")
                    continue
                }
                cause = "is not on the engine"
            }
            wanted[reference, default: (platform(service), cause, [])].services.append(service.name)
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

    // MARK: Networks

    mutating func planNetworks(_ services: [Service]) {
        if options.onlyStart { return }
        for key in Set(services.flatMap { $0.networks.keys }).sorted() {
            guard let network = project.networks[key] else { continue }
            let present = observed.networks.filter { $0.name == network.name || $0.id.rawValue == network.name }
            if network.isExternal {
                if present.isEmpty {
                    problems.append(
                        "Network \(network.name) is declared external and does not exist. Create it with "
                            + "`docker network create \(network.name)`, or remove `external` from \(key).")
                }
                continue
            }
            let hash = ConfigHash.network(network)
            guard let found = present.first else {
                if network.enableIPv4 == false { need(.enableIPv4, "Network \(network.name): enable_ipv4: false") }
                networkOperations[key] = builder.add(
                    .createNetwork(name: network.name), cause: "is not there yet",
                    spec: .network(networkSpec(network, hash: hash)))
                continue
            }
            if found.labels[ComposeLabels.project] != project.name {
                notices.append(
                    "Network \(network.name) exists and was not made for project \(project.name); it is used as it is."
                )
            } else if let old = found.labels[ComposeLabels.configHash], !old.isEmpty, old != hash {
                problems.append(
                    "Network \(network.name) exists with another configuration (\(short(old)) -> \(short(hash))), and "
                        + "a network cannot be changed while containers use it. Run `gantry down`, then `gantry up`.")
            }
        }
    }

    private func networkSpec(_ network: Network, hash: String) -> NetworkSpec {
        var spec = NetworkSpec(name: network.name)
        spec.driver = network.driver
        spec.driverOptions = network.driverOptions
        spec.isInternal = network.isInternal
        spec.isAttachable = network.isAttachable
        spec.enableIPv4 = network.enableIPv4
        spec.enableIPv6 = network.enableIPv6
        if let ipam = network.ipam {
            spec.addressDriver = ipam.driver
            spec.addressOptions = ipam.options
            spec.addressPools = ipam.pools.map {
                AddressPool(subnet: $0.subnet, range: $0.range, gateway: $0.gateway, reserved: $0.reserved)
            }
        }
        spec.labels = network.labels.merging(ownLabels(hash: hash)) { $1 }
        spec.labels[ComposeLabels.network] = network.key
        return spec
    }

    private func ownLabels(hash: String) -> [String: String] {
        [
            ComposeLabels.project: project.name, ComposeLabels.version: ComposeLabels.modelVersion,
            ComposeLabels.configHash: hash,
        ]
    }

    // MARK: Volumes

    mutating func planVolumes(_ services: [Service]) {
        if options.onlyStart { return }
        let used = services.flatMap(\.volumes).filter { $0.kind == .volume }.compactMap(\.source)
        for key in Set(used).sorted() {
            guard let volume = project.volumes[key] else { continue }
            let found = observed.volumes.first { $0.name == volume.name }
            if volume.isExternal {
                if found == nil {
                    problems.append(
                        "Volume \(volume.name) is declared external and does not exist. Create it with "
                            + "`docker volume create \(volume.name)`, or remove `external` from \(key).")
                }
                continue
            }
            let hash = ConfigHash.volume(volume)
            guard let found else {
                var spec = VolumeSpec(name: volume.name)
                spec.driver = volume.driver
                spec.driverOptions = volume.driverOptions
                spec.labels = volume.labels.merging(ownLabels(hash: hash)) { $1 }
                spec.labels[ComposeLabels.volume] = key
                volumeOperations[key] = builder.add(
                    .createVolume(name: volume.name), cause: "is not there yet", spec: .volume(spec))
                continue
            }
            if found.labels[ComposeLabels.project] != project.name {
                notices.append(
                    "Volume \(volume.name) exists and was not made for project \(project.name); it is used as it is.")
            } else if let old = found.labels[ComposeLabels.configHash], !old.isEmpty, old != hash {
                notices.append(
                    "Volume \(volume.name) exists with another configuration (\(short(old)) -> \(short(hash))); it is "
                        + "kept as it is, because making it anew would lose its data.")
            }
        }
    }
}
