import ComposeModel
import EngineAPI

// Configs and secrets: mounted where a file of the host will do, copied in otherwise.
extension UpPlanner {
    /// The mounts of configs and secrets. What a volume covers is left out, as with Docker Compose.
    func fileMounts(_ service: Service) -> [MountSpec] {
        let covered = Set(service.volumes.map(\.target))
        return fileObjects(service).compactMap { object in
            guard case .mount(let source, _) = object.delivery(observed.hostFiles), !covered.contains(object.path)
            else { return nil }
            return MountSpec(type: "bind", source: source, target: object.path, readOnly: true)
        }
    }

    /// What is copied into a container before it starts.
    func injectedFiles(_ service: Service) -> [InjectedFile] {
        fileObjects(service).compactMap {
            guard case .copy(let file) = $0.delivery(observed.hostFiles) else { return nil }
            return file
        }
    }

    /// Digests of what a container gets from files and is not part of the `config-hash`.
    func fileDigests(_ service: Service) -> FieldDigests {
        var files = Dictionary(injectedFiles(service).map { ($0.path, $0.content) }) { $1 }
        for (target, source) in hostFiles(service) {
            if case .content(let bytes)? = observed.hostFiles[source] { files[target] = bytes }
        }
        return FieldDigests(
            files: files, profiles: SecurityOptions(service, in: project, files: observed.hostFiles).profiles)
    }

    /// The files on this machine whose content decides whether a service's containers stay, by path in them: mounted
    /// ones, and configs and secrets.
    func hostFiles(_ service: Service) -> [String: String] {
        let objects = fileObjects(service).compactMap { object in object.resource.hostPath.map { (object.path, $0) } }
        let mounts = (service.ignoresFileChanges ? [] : service.volumes).filter { $0.kind == .bind }
            .compactMap { mount in mount.source.map { (mount.target, $0) } }
        // What a volume covers is not mounted.
        return Dictionary(objects + mounts) { $1 }
    }

    /// Says which configs and secrets cannot be had, and which are not where the service will look.
    mutating func judgeFileObjects(_ service: Service) {
        let scratch =
            service.temporaryFileSystems.map { String($0.prefix { $0 != ":" }) }
            + service.volumes.filter { $0.kind == .tmpfs }.map(\.target)
        let covered = Set(service.volumes.map(\.target))
        for object in fileObjects(service) {
            switch object.delivery(observed.hostFiles) {
            case .refused(let reason):
                problems.append("Service \(service.name): \(object.description) \(reason).")
            case .mount(_, let notice):
                if let notice { notices.append("Service \(service.name): \(notice).") }
                if covered.contains(object.path) {
                    notices.append(
                        "Service \(service.name): \(object.description) is not mounted, because a volume is mounted at "
                            + "\(object.path).")
                }
            case .copy(let file):
                guard let cover = scratch.first(where: { file.path.hasPrefix($0 == "/" ? $0 : $0 + "/") }) else {
                    continue
                }
                notices.append(
                    "Service \(service.name): \(object.description) cannot be seen in the container, because an empty "
                        + "tmpfs covers it at \(cover).")
            }
        }
    }

    private func fileObjects(_ service: Service) -> [FileObject] { FileObject.all(of: service, in: project) }
}

extension Service {
    /// Whether the content of what it mounts under `volumes` takes no part in deciding, because its own containers write
    /// it: `x-gantry: {on_file_change: ignore}`.
    fileprivate var ignoresFileChanges: Bool { extensions["x-gantry"]?["on_file_change"] == .string("ignore") }
}
