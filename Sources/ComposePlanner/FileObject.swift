import ComposeModel

/// A config or a secret of a service: where it comes from, and where it goes.
struct FileObject {
    enum Kind: String { case config, secret }

    let kind: Kind
    let mount: FileMount
    let resource: FileResource
    /// Whether nothing can be copied into the container, because its root is read-only.
    let isRootReadOnly: Bool

    static func all(of service: Service, in project: Project) -> [FileObject] {
        func objects(_ kind: Kind, _ mounts: [FileMount], _ resources: [String: FileResource]) -> [FileObject] {
            mounts.compactMap { mount in
                resources[mount.source].map {
                    FileObject(kind: kind, mount: mount, resource: $0, isRootReadOnly: service.readOnly)
                }
            }
        }
        return objects(.config, service.configs, project.configs) + objects(.secret, service.secrets, project.secrets)
    }

    /// The absolute path in the container.
    var path: String {
        let target = mount.target ?? mount.source
        if target.hasPrefix("/") { return target }
        return (kind == .config ? "/" : "/run/secrets/") + target
    }

    /// `config app`.
    var description: String { "\(kind.rawValue) \(mount.source)" }

    private var hasOwnerOrMode: Bool { mount.uid != nil || mount.gid != nil || mount.mode != nil }

    /// How it gets into the container.
    enum Delivery: Equatable {
        /// A file on the engine's machine is mounted.
        case mount(source: String, notice: String?)
        case copy(InjectedFile)
        /// It cannot be had; a phrase.
        case refused(String)
    }

    func delivery(_ files: [String: HostFile]) -> Delivery {
        // Docker Compose's hash and ours have no part in what only Swarm can do.
        if let driver = resource.driver { return .refused("is made by the driver \(driver), which only Swarm has") }
        if let driver = resource.templateDriver {
            return .refused("is filled in by the template driver \(driver), which only Swarm has")
        }
        switch resource.source {
        case .external: return .refused("is external, and only Swarm keeps such objects")
        case .driver: return .refused("has no content: one of `file`, `environment` and `content` is needed")
        case .environment(let name, nil): return .refused("needs the variable \(name), which is not set")
        case .environment(_, let value?): return copy(Array(value.utf8))
        case .content(let text): return copy(Array(text.utf8))
        case .file(let source):
            guard hasOwnerOrMode else { return .mount(source: source, notice: nil) }
            if isRootReadOnly {
                return .mount(
                    source: source,
                    notice: "uid, gid and mode of \(description) have no effect, because with `read_only` the file is "
                        + "mounted as it is on the host")
            }
            switch files[source] ?? .unusable("was not read") {
            case .content(let bytes): return copy(bytes)
            case .unusable(let reason): return .refused("cannot be copied into the container: \(source) \(reason)")
            }
        }
    }

    private func copy(_ content: [UInt8]) -> Delivery {
        if isRootReadOnly {
            return .refused(
                "cannot be copied into a container with `read_only`; keep it in a file, which is mounted, or remove "
                    + "`read_only`")
        }
        if path.utf8.count > InjectedFile.longestPath {
            return .refused("has a target of more than \(InjectedFile.longestPath) bytes, which cannot be copied")
        }
        var owner: [Int] = []
        for (name, text) in [("uid", mount.uid), ("gid", mount.gid)] {
            guard let number = Int(text ?? "0"), (0...InjectedFile.highestOwner).contains(number) else {
                return .refused(
                    "has \(name) \"\(text ?? "")\", which is no number from 0 to \(InjectedFile.highestOwner)")
            }
            owner.append(number)
        }
        return .copy(
            InjectedFile(path: path, content: content, uid: owner[0], gid: owner[1], mode: mount.mode ?? 0o444))
    }
}

extension InjectedFile {
    /// The longest path in bytes that every tar header holds, wherever its slashes are.
    static let longestPath = 99
    /// The highest number of an owner that a tar header holds: seven octal digits.
    static let highestOwner = 0o7777777
}

extension FileResource {
    /// The file on this machine that it is, nil where it comes from elsewhere.
    var hostPath: String? { if case .file(let path) = source { path } else { nil } }
}
