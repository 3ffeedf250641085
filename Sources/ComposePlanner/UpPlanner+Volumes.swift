import ComposeGraph
import ComposeModel
import EngineAPI

extension UpPlanner {
    mutating func planVolumes(_ services: [Service]) {
        if options.onlyStart { return }
        let used = services.flatMap(\.volumes).filter { $0.kind == .volume }.compactMap(\.source)
        let there = Dictionary(observed.volumes.map { ($0.name, $0) }) { first, _ in first }
        for key in Set(used).sorted() {
            guard let volume = project.volumes[key] else { continue }
            let found = there[volume.name]
            if volume.isExternal {
                if found == nil {
                    problems.append(
                        "Volume \(volume.name) is declared external and does not exist. Create it with "
                            + "`docker volume create \(volume.name)`, or remove `external` from \(key).")
                }
                continue
            }
            guard let found else {
                volumeOperations[key] = builder.add(
                    .createVolume(name: volume.name), cause: "is not there yet", spec: .volume(spec(of: volume)))
                noteEarlierNames(of: volume)
                continue
            }
            if found.labels[ComposeLabels.project] != project.name {
                notices.append(
                    "Volume \(volume.name) exists and was not made for project \(project.name); it is used as it is.")
            } else if let change = project.changedConfiguration(of: found, volume, since: options.lastApplied) {
                notices.append(
                    "Volume \(volume.name) exists with another configuration (\(change.text)); it is kept as it is, because "
                        + "making it anew would lose its data. `--yes` agrees to that.")
                withheld.append(UpPlanner.loss(of: volume.name))
            }
        }
    }

    private func spec(of volume: Volume) -> VolumeSpec {
        var spec = VolumeSpec(name: volume.name)
        spec.driver = volume.driver
        spec.driverOptions = volume.driverOptions
        spec.labels = volume.labels.merging(ownLabels(hash: ConfigHash.volume(volume))) { $1 }
        spec.labels[ComposeLabels.volume] = volume.key
        return spec
    }

    private static func loss(of volume: String) -> String { "volume \(volume) and its data are removed" }

    /// A volume that was renamed: its data stay where they are.
    private mutating func noteEarlierNames(of volume: Volume) {
        let others = observed.volumes.filter { found in
            found.labels[ComposeLabels.project] == project.name && found.labels[ComposeLabels.volume] == volume.key
                && !project.volumes.values.contains { $0.name == found.name }
        }
        for other in others.sorted(by: { $0.name < $1.name }) {
            notices.append(
                "Volume \(volume.key) is now called \(volume.name), which is new and empty. The data are kept in "
                    + "\(other.name); `docker volume rm \(other.name)` removes them.")
        }
    }

    // MARK: Volumes that are made anew

    /// The volumes that the user agreed to lose: those of `services` whose configuration has changed.
    func doomedVolumes(of services: Set<String>) -> [VolumeSummary] {
        guard options.assumesYes, !options.onlyStart, options.recreate != .never else { return [] }
        let used = Set(
            services.compactMap { project.services[$0] }.flatMap(\.volumes).filter { $0.kind == .volume }
                .compactMap { $0.source.flatMap { project.volumes[$0]?.name } })
        return project.changedVolumes(among: observed.volumes).filter { used.contains($0.name) }
            .sorted { $0.name < $1.name }
    }

    /// The services that come up only when volumes have been made anew: those that use one, and those that depend on
    /// them.
    func services(waitingFor volumes: [VolumeSummary]) -> Set<String> {
        let names = Set(volumes.map(\.name))
        let users = project.services.values.filter { service in
            service.volumes.contains { mount in
                mount.kind == .volume && mount.source.flatMap { project.volumes[$0]?.name }.map(names.contains) == true
            }
                || observed.containers.contains { $0.service == service.name && $0.mounts(names) }
        }
        return DependencyGraph(project.services.mapValues { Set($0.dependencies.keys) }).reversed
            .closure(of: users.map(\.name))
    }

    /// Stops the containers that use volumes; after the commit they are removed, and the volumes with them.
    ///
    /// This cannot be taken back once it is past the commit, so it comes when all else is in place: the volumes are made,
    /// and those that use them come up, by a further plan.
    ///
    /// - Parameter waiting: the services that come up then.
    mutating func planDestruction(of volumes: [VolumeSummary], waiting: Set<String>) {
        if !volumes.isEmpty {
            notices.append(
                "When all else is in place, \(volumes.map(\.name).joined(separator: ", ")) and then "
                    + "\(waiting.sorted().joined(separator: ", ")) are made anew. If that fails, the data are gone all "
                    + "the same, and the next `gantry up` tries again.")
        }
        for volume in volumes {
            let users = observed.volumeUsers[volume.name] ?? []
            let known = users.compactMap { user in observed.containers.first { $0.id == user.container.id } }
            let others = users.map(\.container).filter { other in
                !known.contains { $0.id == other.id && project.services[$0.service] != nil }
            }
            guard others.isEmpty else {
                problems.append(
                    "Volume \(volume.name) cannot be made anew, because these use it too and no service of the file "
                        + "makes them: \(others.map(\.name).sorted().joined(separator: ", ")). Remove them first.")
                continue
            }
            irreversible.append(UpPlanner.loss(of: volume.name))
            let cause = "volume \(volume.name) is made anew"
            let trial = addTrial(of: volume, cause: cause)
            _ = stopDependentsFirst(known.filter(\.summary.state.isRunning), cause: cause, needs: trial)
            for container in known where !removals.contains(where: { $0.container.id == container.id }) {
                removals.append((container, cause))
            }
        }
    }

    /// Tries whether the engine makes the new volume, before anything stops for it. What comes to light only when a
    /// container mounts it is not found.
    private mutating func addTrial(of found: VolumeSummary, cause: String) -> [OperationID] {
        guard let volume = project.volumes.values.first(where: { $0.name == found.name && !$0.isExternal }) else {
            return []
        }
        var spec = spec(of: volume)
        spec.name = "\(volume.name)_trial_\(short(ConfigHash.volume(volume)))"
        // It is none of the volumes that the file declares.
        spec.labels[ComposeLabels.volume] = nil
        return [builder.add(.tryVolume(name: volume.name, as: spec.name), cause: cause, spec: .volume(spec))]
    }

    /// Removes the volumes, after the containers that used them.
    mutating func planVolumeRemovals(_ volumes: [VolumeSummary], after removals: [OperationID]) {
        for volume in volumes {
            let declared = project.volumes.values.first { $0.name == volume.name && !$0.isExternal }
            let cause = declared.flatMap {
                project.changedConfiguration(of: volume, $0, since: options.lastApplied)
            }
            let id = builder.addFinish(
                .removeVolume(name: volume.name), cause: cause?.text ?? "it is made anew", needs: removals)
            changes[id] = cause?.changes
        }
    }

    // MARK: Volumes without a name

    /// Removes the unnamed volumes of the containers that are replaced by ones with fresh ones.
    mutating func planUnnamedRemovals(after removals: [OperationID]) {
        guard options.renewsVolumes else { return }
        let going = goingContainers
        let kept = Set(
            observed.containers.filter { !going.contains($0.id) }.flatMap(\.summary.mounts).compactMap(\.name))
        for old in replacements.map(\.old).sorted(by: { $0.name < $1.name }) {
            let names = Set(old.summary.mounts.filter(\.isUnnamedVolume).compactMap(\.name)).subtracting(kept)
            guard !names.isEmpty else { continue }
            irreversible.append("the unnamed volumes of \(old.name) and their data are removed")
            for name in names.sorted() where !isRemoved(volume: name) {
                _ = builder.addFinish(
                    .removeVolume(name: name), cause: "\(old.name) gets fresh unnamed volumes", needs: removals,
                    service: old.service)
            }
        }
    }

    private func isRemoved(volume name: String) -> Bool {
        builder.finish.contains { $0.action == .removeVolume(name: name) }
    }
}

extension ObservedContainer {
    fileprivate func mounts(_ volumes: Set<String>) -> Bool {
        summary.mounts.contains { $0.name.map(volumes.contains) == true }
    }
}

extension MountSummary {
    /// Whether the engine gave the volume its name: 64 hexadecimal digits.
    var isUnnamedVolume: Bool {
        guard type == "volume", let name else { return false }
        return name.utf8.count == 64 && name.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
