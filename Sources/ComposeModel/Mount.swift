/// An entry of a service's `volumes`.
package struct Mount: Sendable, Equatable {
    package enum Kind: String, Sendable { case bind, volume, tmpfs, image, npipe, cluster }
    package var kind: Kind
    /// A path (absolute after resolution), a volume's key, or an image; nil for anonymous volumes and tmpfs.
    package var source: String?
    package var target: String
    package var readOnly = false
    package var consistency: String?
    package var bind: BindOptions?
    package var volume: VolumeOptions?
    package var temporary: TemporaryOptions?
    package var image: ImageOptions?

    package init(_ kind: Kind, source: String? = nil, target: String) {
        self.kind = kind
        self.source = source
        self.target = target
    }

    package struct BindOptions: Sendable, Equatable {
        package var propagation: String?
        /// nil where the file does not say, which means yes.
        package var createHostPath: Bool?
        package var recursive: String?
        package var selinux: String?
        package init() {}
    }

    package struct VolumeOptions: Sendable, Equatable {
        package var noCopy = false
        package var subpath: String?
        package var labels: [String: String] = [:]
        package init() {}
    }

    package struct ImageOptions: Sendable, Equatable {
        package var subpath: String?
        package init() {}
    }

    package struct TemporaryOptions: Sendable, Equatable {
        package var size: Int64?
        package var mode: Int?
        package init() {}
    }
}

/// An entry of a service's `configs` or `secrets`.
package struct FileMount: Sendable, Equatable {
    /// The key of the project's config or secret.
    package var source: String
    /// The path in the container as written; nil takes `/source` for configs, `/run/secrets/source` for secrets.
    package var target: String?
    package var uid: String?
    package var gid: String?
    package var mode: Int?

    package init(source: String, target: String? = nil) {
        self.source = source
        self.target = target
    }
}
