package import ComposeModel
import EngineAPI

/// What differs from the last release though nobody brought another one in force.
package struct Drift: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable {
        case containerRemoved = "container_removed"
        case containerStopped = "container_stopped"
        case containerReplaced = "container_replaced"
        case containerAdded = "container_added"
        case networkRemoved = "network_removed"
        case networkDetached = "network_detached"
        case volumeRemoved = "volume_removed"
        case fileChanged = "file_changed"
        case restartPolicyChanged = "restart_policy_changed"
        /// For information: what runs is as declared, and the next `up` takes the new image.
        case imageMoved = "image_moved"
    }

    package let kind: Kind
    package let service: String?
    /// `container shop-web-1`
    package let object: String
    /// A phrase: `was removed`.
    package let text: String

    package var isInformation: Bool { kind == .imageMoved }

    /// Everything that differs: networks and volumes, then each service's containers.
    ///
    /// - Parameters:
    ///   - project: the release's, with seals for secrets.
    ///   - observed: what the engine holds of it.
    package static func find(in release: Release, _ project: Project, _ observed: ObservedState) -> [Drift] {
        var search = DriftSearch(release: release, project: project, observed: observed)
        search.findResources()
        for service in project.services.keys.sorted() { search.findContainers(of: service) }
        search.findOthers()
        return search.found
    }
}

private struct DriftSearch {
    let release: Release
    let project: Project
    let observed: ObservedState
    var found: [Drift] = []

    mutating func findResources() {
        let wanted = Set(release.containers.filter(\.isWanted).map(\.service))
        let used = project.services.values.filter { wanted.contains($0.name) }
        for key in Set(used.flatMap(\.networks.keys)).sorted() {
            guard let network = project.networks[key],
                !observed.networks.contains(where: { $0.name == network.name || $0.id.rawValue == network.name })
            else { continue }
            add(.networkRemoved, "network \(network.name)", "was removed")
        }
        for key in Set(used.flatMap(\.volumes).filter { $0.kind == .volume }.compactMap(\.source)).sorted() {
            guard let volume = project.volumes[key], !observed.volumes.contains(where: { $0.name == volume.name })
            else {
                continue
            }
            add(.volumeRemoved, "volume \(volume.name)", "was removed")
        }
    }

    mutating func findContainers(of name: String) {
        guard let service = project.services[name] else { return }
        for expected in release.containers where expected.service == name && expected.isWanted {
            if let container = observed.containers.first(where: { $0.id.rawValue == expected.id }) {
                judge(container, service)
            } else if let other = observed.replicas(of: name).first(where: { $0.number == expected.number }) {
                if !isOwn(other) {
                    add(.containerReplaced, "container \(other.name)", "was replaced by another tool", name)
                }
                judge(other, service)
            } else {
                add(.containerRemoved, "container \(expected.name)", "was removed", name)
            }
        }
        let reference = service.imageName(in: project)
        if let old = release.images[name], let image = observed.images[reference], image.id.rawValue != old {
            add(
                .imageMoved, "image \(reference)",
                "is another one now (\(short(old)) -> \(short(image.id.rawValue))); the next `up` would take it", name)
        }
    }

    private mutating func judge(_ container: ObservedContainer, _ service: Service) {
        let object = "container \(container.name)"
        let planner = UpPlanner(project: project, observed: observed)
        let state = container.summary.state
        if !state.isRunning || state == .paused, !isDone(container) {
            let text = state == .exited ? "has ended (\(container.summary.status))" : "is \(state.rawValue)"
            add(.containerStopped, object, text, service.name)
        }
        if let cause = planner.networkCause(of: container, service) {
            add(.networkDetached, object, cause, service.name)
        }
        if let policy = observed.restartPolicies[container.id] {
            let (found, declared) = (text(policy), text(planner.restartPolicy(service)))
            if found != declared {
                add(
                    .restartPolicyChanged, object, "has the restart policy \(found) in place of \(declared)",
                    service.name)
            }
        }
        // Other content is sealed in the release.
        for change in planner.fileCause(of: container, service)?.changes ?? []
        where change.path.hasPrefix("file ") || change.path.hasPrefix("security_opt.") {
            add(.fileChanged, object, "was made with another content of \(change.path)", service.name)
        }
    }

    /// `on-failure:3`, as a file has it.
    private func text(_ policy: RestartPolicySpec?) -> String {
        guard let policy, !policy.name.isEmpty else { return "no" }
        let isLimited = policy.name == "on-failure" && policy.maximumRetries > 0
        return isLimited ? "\(policy.name):\(policy.maximumRetries)" : policy.name
    }

    /// A job that others wait for has ended well and is as it should be.
    private func isDone(_ container: ObservedContainer) -> Bool {
        container.summary.state == .exited && container.summary.status.hasPrefix("Exited (0)")
            && project.services.values.contains { $0.dependencies[container.service]?.condition == .completed }
    }

    mutating func findOthers() {
        let known = Set(release.containers.map { [$0.service, String($0.number)] })
        for container in observed.containers.sorted(by: { $0.name < $1.name })
        where !container.isOneOff && !isOwn(container)
            && !known.contains([container.service, String(container.number)])
            && !release.containers.contains(where: { $0.id == container.id.rawValue })
        {
            add(
                .containerAdded, "container \(container.name)", "was made by another tool", container.service)
        }
    }

    /// Whether Gantry made it, as it may have done since: a supervisor makes again what is gone.
    private func isOwn(_ container: ObservedContainer) -> Bool { container.labels[ComposeLabels.transaction] != nil }

    private mutating func add(_ kind: Drift.Kind, _ object: String, _ text: String, _ service: String? = nil) {
        found.append(Drift(kind: kind, service: service, object: object, text: text))
    }
}
