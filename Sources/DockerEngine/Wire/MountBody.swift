import EngineAPI

/// An entry of `HostConfig.Mounts`.
struct MountBody: JSONWritable {
    struct Bind: JSONWritable {
        var propagation: String?
        var createSource: Bool?
        var isNotRecursive: Bool?
        var isNotReadOnlyBelow: Bool?
        var isReadOnlyBelow: Bool?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("CreateMountpoint", createSource)
                json.add("NonRecursive", isNotRecursive)
                json.add("Propagation", propagation)
                json.add("ReadOnlyForceRecursive", isReadOnlyBelow)
                json.add("ReadOnlyNonRecursive", isNotReadOnlyBelow)
            }
        }

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

    struct Volume: JSONWritable {
        var noCopy: Bool
        var labels: [String: String]?
        var subpath: String?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Labels", labels)
                json.add("NoCopy", noCopy)
                json.add("Subpath", subpath)
            }
        }
    }

    struct Image: JSONWritable {
        var subpath: String?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Subpath", subpath)
            }
        }
    }

    struct Temporary: JSONWritable {
        var size: Int64?
        var mode: Int?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Mode", mode)
                json.add("SizeBytes", size)
            }
        }
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

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("BindOptions", bind)
            json.add("Consistency", consistency)
            json.add("ImageOptions", image)
            json.add("ReadOnly", readOnly)
            json.add("Source", source)
            json.add("Target", target)
            json.add("TmpfsOptions", temporary)
            json.add("Type", type)
            json.add("VolumeOptions", volume)
        }
    }

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
