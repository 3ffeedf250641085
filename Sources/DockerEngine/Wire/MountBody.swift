import EngineAPI

/// An entry of `HostConfig.Mounts`.
struct MountBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case source = "Source"
        case target = "Target"
        case readOnly = "ReadOnly"
        case consistency = "Consistency"
        case bind = "BindOptions"
        case volume = "VolumeOptions"
        case image = "ImageOptions"
        case temporary = "TmpfsOptions"
    }

    struct Bind: Encodable {
        enum CodingKeys: String, CodingKey {
            case propagation = "Propagation"
            case createSource = "CreateMountpoint"
            case isNotRecursive = "NonRecursive"
            case isNotReadOnlyBelow = "ReadOnlyNonRecursive"
            case isReadOnlyBelow = "ReadOnlyForceRecursive"
        }
        var propagation: String?
        var createSource: Bool?
        var isNotRecursive: Bool?
        var isNotReadOnlyBelow: Bool?
        var isReadOnlyBelow: Bool?

        init(_ spec: MountSpec, in version: APIVersion) {
            propagation = spec.propagation
            createSource = spec.createSource ? true : nil
            isNotRecursive = spec.recursion == .disabled ? true : nil
            // Older engines do not know the word, and do just that.
            isNotReadOnlyBelow = spec.recursion == .writable && version >= .mountRecursion ? true : nil
            isReadOnlyBelow = spec.recursion == .readOnly ? true : nil
        }

        /// nil where every option is the engine's default.
        var nonEmpty: Bind? {
            let isEmpty =
                propagation == nil && (createSource ?? isNotRecursive ?? isNotReadOnlyBelow ?? isReadOnlyBelow) == nil
            return isEmpty ? nil : self
        }
    }

    struct Volume: Encodable {
        enum CodingKeys: String, CodingKey {
            case noCopy = "NoCopy"
            case labels = "Labels"
            case subpath = "Subpath"
        }
        var noCopy: Bool
        var labels: [String: String]?
        var subpath: String?
    }

    struct Image: Encodable {
        enum CodingKeys: String, CodingKey { case subpath = "Subpath" }
        var subpath: String?
    }

    struct Temporary: Encodable {
        enum CodingKeys: String, CodingKey {
            case size = "SizeBytes"
            case mode = "Mode"
        }
        var size: Int64?
        var mode: Int?
    }

    var type: String
    var source: String?
    var target: String
    var readOnly: Bool
    var consistency: String?
    var bind: Bind?
    var volume: Volume?
    var image: Image?
    var temporary: Temporary?

    init(_ spec: MountSpec, in version: APIVersion) {
        type = spec.type
        source = spec.source.nonEmpty
        target = spec.target
        readOnly = spec.readOnly
        consistency = spec.consistency
        switch spec.type {
        case "bind":
            bind = Bind(spec, in: version).nonEmpty
        case "volume":
            let labels = spec.labels.isEmpty ? nil : spec.labels
            volume = Volume(noCopy: spec.noCopy, labels: labels, subpath: spec.subpath)
        case "image":
            image = Image(subpath: spec.subpath)
        case "tmpfs":
            temporary = Temporary(size: spec.size, mode: spec.mode)
        default:
            break
        }
    }
}
