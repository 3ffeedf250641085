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
        if let parent = namespaceParent(of: service), isReplaced(parent) {
            return "shares a namespace with \(parent), which is replaced"
        }
        let hash = ConfigHash.service(service)
        if let old = container.labels[ComposeLabels.configHash], old != hash {
            return FieldDigests(service).changes(since: container.labels[ComposeLabels.fields])
                ?? "configuration changed (\(short(old)) -> \(short(hash)))"
        }
        if let image = observed.images[imageReference(service)] {
            let old = container.labels[ComposeLabels.image] ?? container.summary.imageID.rawValue
            if old != image.id.rawValue { return "image changed \(short(old)) -> \(short(image.id.rawValue))" }
        }
        return networkCause(of: container, service) ?? volumeCause(of: container, service)
    }

    private func networkCause(of container: ObservedContainer, _ service: Service) -> String? {
        guard container.summary.state == .running, service.networkMode == nil else { return nil }
        let attached = Set(container.summary.networks.values)
        for key in service.networks.keys.sorted() {
            guard let network = project.networks[key] else { continue }
            if networkOperations[key] != nil { return "network \(network.name) is made anew" }
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

    private func isReplaced(_ service: String) -> Bool {
        (replicas[service] ?? []).contains { if case .planned = $0.handle { true } else { false } }
    }

    /// The service whose network namespace `service` shares.
    func namespaceParent(of service: Service) -> String? {
        guard let mode = service.networkMode, mode.hasPrefix("service:") else { return nil }
        return String(mode.dropFirst("service:".count))
    }
}

/// A digest as people compare them: without the algorithm, twelve characters.
func short(_ digest: String) -> String {
    let text = digest.hasPrefix("sha256:") ? digest.dropFirst("sha256:".count) : digest[...]
    return String(text.prefix(12))
}
