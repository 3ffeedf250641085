import ComposeModel
import EngineAPI

extension UpPlanner {
    /// Why a container must be replaced, nil where it may stay.
    ///
    /// The conditions are Docker Compose's own, so that each tool leaves alone what the other one made.
    func recreateCause(
        of container: ObservedContainer, _ service: Service, _ policy: UpOptions.Recreate
    ) -> String? {
        if options.onlyStart || policy == .never { return nil }
        if policy == .always { return "recreation was asked for" }
        if let parent = service.references.first(where: isReplaced) {
            return "shares a namespace or volumes with \(parent), which is replaced"
        }
        let hash = ConfigHash.service(
            service.resolvingReferences { if case .existing(let id, _) = linkedContainer($0) { id } else { nil } })
        if let old = container.labels[ComposeLabels.configHash], old != hash {
            return FieldDigests(service).changes(since: container.labels[ComposeLabels.fields])
                ?? "configuration changed (\(short(old)) -> \(short(hash)))"
        }
        if let image = observed.images[imageReference(service)] {
            // Where images have manifests, Docker Compose's label holds another digest than the image's identifier.
            let old = container.labels[ComposeLabels.image] ?? container.summary.imageID.rawValue
            if old != image.id.rawValue, container.summary.imageID != image.id {
                return "image changed \(short(old)) -> \(short(image.id.rawValue))"
            }
        }
        return fileDigests(service).changes(since: container.labels[ComposeLabels.files])
            ?? networkCause(of: container, service) ?? volumeCause(of: container, service)
    }

    private func networkCause(of container: ObservedContainer, _ service: Service) -> String? {
        guard service.networkMode == nil else { return nil }
        let attached = Set(container.summary.networks.values)
        for key in service.networks.keys.sorted() {
            guard let network = project.networks[key] else { continue }
            if networkOperations[key] != nil { return "network \(network.name) is made anew" }
            // The list shows a container's networks by identifier only while it runs.
            guard container.summary.state == .running else { continue }
            let present = observed.networks.filter { $0.name == network.name || $0.id.rawValue == network.name }
            if !present.contains(where: { attached.contains($0.id) || $0.name == "host" }) {
                return "is not attached to network \(network.name)"
            }
        }
        return nil
    }

    private func volumeCause(of container: ObservedContainer, _ service: Service) -> String? {
        for mount in service.volumes where mount.kind == .volume {
            guard let source = mount.source, let volume = project.volumes[source] else { continue }
            if !container.summary.mounts.contains(where: { $0.name == volume.name }) {
                return "does not mount volume \(volume.name)"
            }
        }
        return nil
    }

    private func isReplaced(_ service: String) -> Bool { (replicas[service] ?? []).contains(where: \.isReplacement) }

    /// The container of `service` that others share namespaces and volumes with, nil where there is none.
    func linkedContainer(_ service: String) -> ContainerHandle? {
        // A service that this plan leaves alone has its containers all the same.
        replicas[service]?.first?.handle ?? observed.replicas(of: service).first?.handle
    }
}

/// A digest as people compare them: without the algorithm, twelve characters.
func short(_ digest: String) -> String {
    let text = digest.hasPrefix("sha256:") ? digest.dropFirst("sha256:".count) : digest[...]
    return String(text.prefix(12))
}
