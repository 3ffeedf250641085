import EngineAPI

// Volumes, and what containers mount.
extension EngineState {
    /// What the engine labels volumes without a name with, since version 23.
    private static let anonymousLabel = "com.docker.volume.anonymous"

    func findVolume(_ name: String) throws(Refusal) -> VolumeSummary {
        guard let volume = volumes[name] else { throw .notFound("get \(name): no such volume") }
        return volume.summary
    }

    mutating func createVolume(_ spec: VolumeSpec) -> VolumeSummary {
        let name = spec.name.isEmpty ? newIdentifier() : spec.name
        if let existing = volumes[name] { return existing.summary }
        let volume = VolumeSummary(
            name: name, driver: spec.driver ?? "local", labels: spec.labels,
            mountPoint: "/var/lib/docker/volumes/\(name)/_data")
        volumes[name] = Volume(summary: volume)
        record("volume", "create", name, ["driver": volume.driver])
        return volume
    }

    mutating func removeVolume(_ name: String, force: Bool) throws {
        guard let volume = volumes[name] else {
            if force { return }
            throw Refusal.notFound("get \(name): no such volume")
        }
        let users = users(ofVolume: name)
        guard users.isEmpty else {
            let list = users.map(\.rawValue).joined(separator: ", ")
            throw Refusal.conflict("remove \(name): volume is in use - [\(list)]")
        }
        volumes[name] = nil
        record("volume", "destroy", name, ["driver": volume.summary.driver])
    }

    /// The containers, running or not, that mount a volume.
    func users(ofVolume name: String) -> [ContainerID] {
        inCreationOrder().filter { containers[$0]?.mounts.contains { $0.name == name } == true }
    }

    func requirePath(_ path: String) throws(Refusal) {
        if missingPaths.contains(path) {
            throw .invalid("invalid mount config for type \"bind\": bind source path does not exist: \(path)")
        }
    }

    /// Works out a container's mounts and makes the volumes that are missing.
    mutating func mountAll(
        of spec: ContainerSpec, image: ImageDetails, in container: inout Container
    ) throws(Refusal) {
        for bind in spec.binds {
            let parts = bind.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let writable = parts.count < 3 || !parts[2].split(separator: ",").contains("ro")
            if parts.count == 1 {
                mountVolume("", at: bind, in: &container)
            } else if parts[0].hasPrefix("/") {
                missingPaths.remove(parts[0])
                container.mounts.append(
                    MountSummary(type: "bind", source: parts[0], target: parts[1], writable: writable))
            } else {
                mountVolume(parts[0], at: parts[1], writable: writable, in: &container)
            }
        }
        for mount in spec.mounts {
            if mount.type == "volume" {
                mountVolume(
                    mount.source, at: mount.target, writable: !mount.readOnly, labels: mount.labels, in: &container)
            } else {
                if mount.type == "bind" { missingPaths.remove(mount.source) }
                container.mounts.append(
                    MountSummary(
                        type: mount.type, source: mount.source, target: mount.target, writable: !mount.readOnly))
            }
        }
        for entry in spec.volumesFrom {
            let parts = entry.split(separator: ":").map(String.init)
            let targets = Set(container.mounts.map(\.target))
            container.mounts += try find(ContainerID(parts.first ?? "")).mounts.filter { !targets.contains($0.target) }
                .map { mount in
                    var mount = mount
                    if parts.last == "ro" { mount.writable = false }
                    return mount
                }
        }
        let covered = Set(container.mounts.map(\.target)).union(spec.temporaryFileSystems.keys)
        for path in image.volumes where !covered.contains(path) { mountVolume("", at: path, in: &container) }
    }

    private mutating func mountVolume(
        _ name: String, at target: String, writable: Bool = true, labels: [String: String] = [:],
        in container: inout Container
    ) {
        var volume = VolumeSpec(name: name)
        volume.labels = labels
        if name.isEmpty { volume.labels[EngineState.anonymousLabel] = "" }
        let summary = createVolume(volume)
        if name.isEmpty { container.anonymousVolumes.insert(summary.name) }
        container.mounts.append(
            MountSummary(
                type: "volume", name: summary.name, source: summary.mountPoint, target: target, writable: writable))
    }
}
