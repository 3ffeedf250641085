import ComposeModel
import EngineAPI

// What goes, and what has to happen after the commit.
extension UpPlanner {
    mutating func planRemoval(of container: ObservedContainer, cause: String) {
        refusePaused(container)
        removals.append((container, cause))
        guard container.summary.state.isRunning else { return }
        let stop = addStop(of: container, cause: cause).last
        for port in container.summary.ports.compactMap(\.hostPort) { portStops[port, default: []].append(stop) }
    }

    /// The stops that free the host ports which a replica of `service` publishes.
    func portNeeds(of service: Service) -> [OperationID] {
        let ranges = service.ports.compactMap { port -> ClosedRange<Int>? in
            let ends = (port.published ?? "").split(separator: "-").compactMap { Int($0) }
            guard let low = ends.first, let high = ends.last, low <= high else { return nil }
            return low...high
        }
        return portStops.filter { stop in ranges.contains { $0.contains(stop.key) } }.flatMap(\.value)
    }

    /// A paused container can be neither started nor, once stopped, brought back to how it was.
    mutating func refusePaused(_ container: ObservedContainer) {
        guard container.summary.state == .paused else { return }
        problems.append(
            "Container \(container.name) is paused. Let it go on with `docker unpause \(container.name)`, or remove it."
        )
    }

    mutating func planOrphans() {
        let known = Set(project.services.keys).union(project.disabledServices)
        let orphans = observed.containers
            .filter { container in
                container.isOneOff
                    ? container.summary.state == .exited || container.summary.state == .dead
                    : !known.contains(container.service)
            }
            .sorted { $0.name < $1.name }
        guard !orphans.isEmpty, !options.onlyStart else { return }
        if options.removeOrphans {
            for orphan in orphans { planRemoval(of: orphan, cause: "no service of the project has it any more") }
        } else {
            let names = orphans.map(\.name).joined(separator: ", ")
            notices.append(
                "Found orphan containers (\(names)) for this project. If you removed or renamed this service in your "
                    + "compose file, you can run this command with the --remove-orphans flag to clean it up.")
        }
    }

    /// - Parameter doomed: the volumes that are made anew.
    mutating func planFinish(_ doomed: [VolumeSummary]) {
        var gone: [OperationID] = []
        var freed: [String: OperationID] = [:]
        for removal in removals {
            let operation = builder.addFinish(
                .removeContainer(removal.container.handle, anonymousVolumes: false), cause: removal.cause,
                service: removal.container.service)
            freed[removal.container.name] = operation
            gone.append(operation)
        }
        for replacement in replacements {
            let old = replacement.old
            let removal = builder.addFinish(
                .removeContainer(old.handle, anonymousVolumes: false), cause: replacement.cause, service: old.service)
            _ = builder.addFinish(
                .renameContainer(replacement.new, to: replacement.new.name), cause: replacement.cause,
                needs: [removal] + (freed[replacement.new.name].map { [$0] } ?? []), service: old.service)
            gone.append(removal)
        }
        for rename in renames {
            _ = builder.addFinish(
                .renameContainer(rename.container, to: rename.name), cause: "was left by an interrupted replacement",
                needs: freed[rename.name].map { [$0] } ?? [])
        }
        planUnnamedRemovals(after: gone)
        planVolumeRemovals(doomed, after: gone)
        planUnusedNetworks(after: gone)
    }
}
