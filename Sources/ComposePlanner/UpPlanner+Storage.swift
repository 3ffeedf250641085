import ComposeModel
import EngineAPI

extension UpPlanner {
    func addStorage(to spec: inout ContainerSpec, _ service: Service, replacing old: ObservedContainer?) {
        for entry in service.temporaryFileSystems {
            let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            spec.temporaryFileSystems[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        for mount in service.volumes {
            if isBind(mount) {
                spec.binds.append(bindText(mount))
            } else {
                spec.mounts.append(mountSpec(mount))
            }
        }
        spec.mounts += fileMounts(service)
        let inherited = inheritedVolumes(service, from: old)
        spec.mounts.removeAll { mount in inherited.contains { $0.target == mount.target } }
        spec.mounts += inherited
    }

    /// Whether the engine's short form says enough. Docker Compose prefers it, because on every engine it makes missing
    /// folders.
    private func isBind(_ mount: Mount) -> Bool {
        switch mount.kind {
        case .bind:
            let options = mount.bind ?? Mount.BindOptions()
            guard createsSource(mount), options.recursive == nil else { return false }
            return options.propagation == nil || !supportsCreation
        case .volume:
            guard let source = mount.source, project.volumes[source] != nil else { return false }
            guard let options = mount.volume else { return true }
            return !options.noCopy && options.subpath == nil && options.labels.isEmpty
        case .tmpfs, .image, .npipe, .cluster: return false
        }
    }

    private func createsSource(_ mount: Mount) -> Bool { mount.kind == .bind && mount.bind?.createHostPath != false }

    /// Whether the engine's long form can make missing folders.
    private var supportsCreation: Bool { engineHas(.createsBindSource) }

    private func bindText(_ mount: Mount) -> String {
        var mode = [mount.readOnly ? "ro" : "rw"]
        if let selinux = mount.bind?.selinux { mode.append(selinux) }
        if let propagation = mount.bind?.propagation { mode.append(propagation) }
        return "\(engineSource(mount)):\(mount.target):\(mode.joined(separator: ","))"
    }

    private func engineSource(_ mount: Mount) -> String {
        let source = mount.source ?? ""
        switch mount.kind {
        case .volume: return project.volumes[source]?.name ?? source
        case .image: return imageReference(mountedBy: source)
        case .bind, .tmpfs, .npipe, .cluster: return source
        }
    }

    /// The image that a mount names, which may be that of another service.
    func imageReference(mountedBy source: String) -> String { project.services[source].map(imageReference) ?? source }

    /// Options of another type than the mount's own are left out; they are announced.
    private func mountSpec(_ mount: Mount) -> MountSpec {
        var spec = MountSpec(
            type: mount.kind.rawValue, source: engineSource(mount), target: mount.target, readOnly: mount.readOnly,
            consistency: mount.consistency)
        switch mount.kind {
        case .bind:
            spec.propagation = mount.bind?.propagation
            spec.createSource = createsSource(mount) && supportsCreation
            switch mount.bind?.recursive {
            case "disabled": spec.recursion = .disabled
            case "writable": spec.recursion = .writable
            case "readonly": spec.recursion = .readOnly
            default: break
            }
        case .volume:
            spec.noCopy = mount.volume?.noCopy ?? false
            spec.labels = mount.volume?.labels ?? [:]
            spec.subpath = mount.volume?.subpath
        case .tmpfs:
            spec.size = mount.temporary?.size
            spec.mode = mount.temporary?.mode
        case .image:
            spec.subpath = mount.image?.subpath
        case .npipe, .cluster: break
        }
        return spec
    }

    /// The unnamed volumes of the container that is replaced, at the paths where the new one would get fresh and empty
    /// ones: what an application kept there stays.
    private func inheritedVolumes(_ service: Service, from old: ObservedContainer?) -> [MountSpec] {
        guard let old, !options.renewsVolumes else { return [] }
        let declared = Set(image(of: service)?.volumes ?? [])
        let anonymous = Set(service.volumes.filter { $0.kind == .volume && $0.source == nil }.map(\.target))
        let covered = Set(service.volumes.filter { $0.source != nil }.map(\.target))
        return old.summary.mounts.compactMap { mount in
            guard mount.type == "volume", let name = mount.name, !covered.contains(mount.target),
                declared.contains(mount.target) || anonymous.contains(mount.target)
            else { return nil }
            return MountSpec(type: "volume", source: name, target: mount.target, readOnly: !mount.writable)
        }
    }

    /// Says which options of mounts have no effect.
    mutating func judgeMounts(_ service: Service) {
        for mount in service.volumes {
            let given: [(Mount.Kind, Bool)] = [
                (.bind, mount.bind != nil), (.volume, mount.volume != nil), (.tmpfs, mount.temporary != nil),
                (.image, mount.image != nil),
            ]
            let idle = given.filter { $0.0 != mount.kind && $0.1 }.map(\.0.rawValue)
            if !idle.isEmpty {
                notices.append(
                    "Service \(service.name): \(idle.joined(separator: ", ")) of the \(mount.kind.rawValue) at "
                        + "\(mount.target) has no effect, because the mount is of another type.")
            }
            if mount.kind == .bind, mount.bind?.selinux != nil, !isBind(mount) {
                notices.append(
                    "Service \(service.name): selinux of the bind at \(mount.target) has no effect beside its other "
                        + "options, because the engine takes it only without them.")
            }
        }
    }
}
