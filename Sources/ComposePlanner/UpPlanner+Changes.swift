import ComposeModel
import EngineAPI

extension UpPlanner {
    /// Why a container must be replaced, nil where it may stay.
    ///
    /// The conditions are Docker Compose's own, so that each tool leaves alone what the other one made.
    func recreateCause(
        of container: ObservedContainer, _ service: Service, _ policy: UpOptions.Recreate
    ) -> RecreateCause? {
        if options.onlyStart || policy == .never { return nil }
        if policy == .always { return RecreateCause("recreation was asked for") }
        if let parent = service.references.first(where: isReplaced) {
            return RecreateCause("shares a namespace or volumes with \(parent), which is replaced")
        }
        let hash =
            service.refersToContainers
            ? ConfigHash.service(
                service.resolvingReferences { if case .existing(let id, _) = linkedContainer($0) { id } else { nil } })
            : cache.digests(of: service).hash
        if let old = container.labels[ComposeLabels.configHash], old != hash {
            return fieldCause(of: container, service)
                ?? RecreateCause("configuration changed (\(short(old)) -> \(short(hash)))")
        }
        if let image = image(of: service) {
            // Where images have manifests, Docker Compose's label holds another digest than the image's identifier.
            let old = container.labels[ComposeLabels.image] ?? container.summary.imageID.rawValue
            if old != image.id.rawValue, container.summary.imageID != image.id {
                return RecreateCause(
                    "image changed \(short(old)) -> \(short(image.id.rawValue))",
                    [FieldChange("image.id", .changed, old: .string(old), new: .string(image.id.rawValue))])
            }
        }
        return fileCause(of: container, service) ?? captureCause(of: container, service)
            ?? (networkCause(of: container, service) ?? volumeCause(of: container, service))
            .map { RecreateCause($0) }
    }

    /// Which attributes differ, with what they were where the last release is what the container was made from.
    private func fieldCause(of container: ObservedContainer, _ service: Service) -> RecreateCause? {
        guard let label = container.labels[ComposeLabels.fields] else { return nil }
        let digests = cache.digests(of: service)
        guard let names = digests.fields.changes(since: label) else { return nil }
        let old = options.lastApplied?.services[service.name].map(FieldDigests.values) ?? []
        return RecreateCause(
            names.flatMap { name, kind -> [FieldChange] in
                // The release may have left the container as it was; its label tells.
                let before = old.first { $0.name == name }.map(\.value).flatMap { value in
                    value.isSealed || FieldDigests.has(label, name, value) ? value : nil
                }
                let after = digests.values.first { $0.name == name }?.value
                if kind == .changed, let before, let after {
                    let parts = FieldChange.all(name, old: before, new: after)
                    if !parts.isEmpty { return parts }
                }
                return [FieldChange(name, kind, old: before, new: after)]
            })
    }

    /// Which files have changed. One that the label does not have is no reason: another tool or an older version made
    /// the container, and a new one recreates nothing by itself.
    func fileCause(of container: ObservedContainer, _ service: Service) -> RecreateCause? {
        let changes = (fileDigests(service).changes(since: container.labels[ComposeLabels.files]) ?? [])
            .filter { $0.kind == .changed }
        guard !changes.isEmpty else { return nil }
        let sources = hostFiles(service).mapValues { "file \(relative($0))" }
            .merging(FileObject.all(of: service, in: project).map { ($0.path, $0.description) }) { file, _ in file }
        return RecreateCause(changes.map { FieldChange(sources[$0.name] ?? $0.name, .changed) })
    }

    private func relative(_ path: String) -> String {
        let folder = project.workingDirectory + "/"
        return path.hasPrefix(folder) ? "./" + path.dropFirst(folder.count) : path
    }

    func networkCause(of container: ObservedContainer, _ service: Service) -> String? {
        if let network = movedContainers[container.id] { return "network \(network) is made anew" }
        guard service.networkMode == nil else { return nil }
        let attached = Set(container.summary.networks.values)
        for key in service.networks.keys.sorted() {
            guard let network = project.networks[key] else { continue }
            let present = observed.networks.filter { $0.name == network.name || $0.id.rawValue == network.name }
            if networkOperations[key] != nil {
                let isNew = present.isEmpty && container.summary.networks[network.name] == nil
                return "network \(network.name) is \(isNew ? "not there yet" : "made anew")"
            }
            guard container.summary.state == .running else {
                // The engine finds its networks when it starts it: by name, and by identifier where it ran before.
                let known = container.summary.networks
                let name = known.keys.first { name in name == network.name || present.contains { $0.name == name } }
                guard let name, let id = known[name] else {
                    if known.isEmpty { continue }
                    return "is not attached to network \(network.name)"
                }
                if !id.rawValue.isEmpty, !present.contains(where: { $0.id == id }) {
                    return "network \(network.name) was made anew"
                }
                continue
            }
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
        replicas[service]?.first?.handle ?? present[service]?.first?.handle
    }
}

/// Why a container is replaced.
struct RecreateCause {
    let text: String
    let changes: [FieldChange]

    init(_ text: String, _ changes: [FieldChange] = []) {
        self.text = text
        self.changes = changes
    }

    init(_ changes: [FieldChange]) { self.init(changes.map(\.phrase).joined(separator: ", "), changes) }
}

extension CanonicalValue {
    /// Whether it is, or holds, what stands for a secret.
    fileprivate var isSealed: Bool {
        switch self {
        case .string(let text): Seal.isSeal(text)
        case .list(let items): items.contains(where: \.isSealed)
        case .object(let fields): fields.contains(where: \.value.isSealed)
        case .null, .bool, .int, .double: false
        }
    }
}

/// A digest as people compare them: without the algorithm, twelve characters.
package func short(_ digest: String) -> String {
    let text = digest.hasPrefix("sha256:") ? digest.dropFirst("sha256:".count) : digest[...]
    return String(text.prefix(12))
}
