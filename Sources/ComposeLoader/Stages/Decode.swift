import ComposeModel
import YAML

/// Reads the conformed, complete tree into values. Nothing is judged here: the tree is as the schema has it.
struct Decoder {
    /// The files and folder that the project came from, and its name.
    let project: Project
    /// Whether resources without a name get the one that convention gives them.
    let namesResources: Bool
    /// Where a service is built that does not say it.
    let buildFolder: String

    func decode(_ model: Node) -> Project {
        var result = project
        let root = Fields(model)
        for (name, value) in root.entries("services") { result.services[name] = service(name, Fields(value)) }
        for (key, value) in root.entries("networks") { result.networks[key] = network(key, Fields(value)) }
        for (key, value) in root.entries("volumes") { result.volumes[key] = volume(key, Fields(value)) }
        for (key, value) in root.entries("configs") { result.configs[key] = resource(key, Fields(value)) }
        for (key, value) in root.entries("secrets") { result.secrets[key] = resource(key, Fields(value)) }
        for (key, value) in root.entries("models") {
            result.models[key] = CanonicalValue(value, ComposeSchema.model)
        }
        result.extensions = root.extensions
        return result
    }

    private func name(_ key: String, _ fields: Fields) -> String {
        if let name = fields.string("name") { return name }
        guard namesResources else { return "" }
        return fields.bool("external") == true ? key : "\(project.name)_\(key)"
    }

    private func network(_ key: String, _ fields: Fields) -> Network {
        var network = Network(key: key, name: name(key, fields))
        network.driver = fields.string("driver")
        network.driverOptions = fields.map("driver_opts")
        network.isExternal = fields.bool("external") ?? false
        network.isInternal = fields.bool("internal") ?? false
        network.isAttachable = fields.bool("attachable") ?? false
        network.enableIPv4 = fields.bool("enable_ipv4")
        network.enableIPv6 = fields.bool("enable_ipv6")
        network.labels = fields.map("labels")
        guard let ipam = fields.object("ipam") else { return network }
        var management = Network.AddressManagement()
        management.driver = ipam.string("driver")
        management.options = ipam.map("options")
        management.pools = ipam.objects("config").map { pool in
            var range = Network.AddressRange()
            range.subnet = pool.string("subnet")
            range.gateway = pool.string("gateway")
            range.range = pool.string("ip_range")
            range.reserved = pool.map("aux_addresses")
            return range
        }
        network.ipam = management
        return network
    }

    private func volume(_ key: String, _ fields: Fields) -> Volume {
        var volume = Volume(key: key, name: name(key, fields))
        volume.driver = fields.string("driver")
        volume.driverOptions = fields.map("driver_opts")
        volume.isExternal = fields.bool("external") ?? false
        volume.labels = fields.map("labels")
        return volume
    }

    private func resource(_ key: String, _ fields: Fields) -> FileResource {
        let source: FileResource.Source =
            if fields.bool("external") == true {
                .external
            } else if let path = fields.string("file") {
                .file(path)
            } else if let content = fields.string("content") {
                .content(content)
            } else if let name = fields.string("environment") {
                .environment(name: name, value: nil)
            } else {
                .driver
            }
        var resource = FileResource(key: key, name: name(key, fields), source: source)
        resource.labels = fields.map("labels")
        resource.driver = fields.string("driver")
        resource.driverOptions = fields.map("driver_opts")
        resource.templateDriver = fields.string("template_driver")
        return resource
    }
}

/// A mapping of the conformed tree, read by key.
struct Fields {
    private let mapping: Mapping?

    init(_ node: Node?) { mapping = node?.mapping }

    subscript(name: String) -> Node? {
        guard let node = mapping?[name], !node.isNull else { return nil }
        return node
    }

    func string(_ name: String) -> String? { self[name]?.text }
    func bool(_ name: String) -> Bool? { self[name]?.text.map { $0 == "true" } }
    func int(_ name: String) -> Int? { self[name]?.text.flatMap(Int.init) }
    func bytes(_ name: String) -> Int64? { self[name]?.text.flatMap { Int64($0) } }
    func duration(_ name: String) -> ComposeDuration? { self[name]?.text.flatMap { ComposeDuration($0) } }

    /// A number as precise as Docker Compose keeps it, which is what it prints and hashes.
    func number(_ name: String) -> Double? {
        self[name]?.text.flatMap { Float($0) }.flatMap { Double($0.description) }
    }

    func strings(_ name: String) -> [String] { self[name]?.items?.compactMap(\.text) ?? [] }

    /// Strings by key; null is empty.
    func map(_ name: String) -> [String: String] { optionalMap(name).mapValues { $0 ?? "" } }

    /// Strings by key, null where there is no value.
    func optionalMap(_ name: String) -> [String: String?] {
        guard let entries = self[name]?.mapping?.entries else { return [:] }
        var result: [String: String?] = [:]
        result.reserveCapacity(entries.count)
        for entry in entries { result.updateValue(entry.value.isNull ? nil : entry.value.text, forKey: entry.key.name) }
        return result
    }

    func entries(_ name: String) -> [(String, Node)] {
        self[name]?.mapping?.entries.map { ($0.key.name, $0.value) } ?? []
    }

    /// The `x-` attributes as they are written.
    var extensions: [String: CanonicalValue] {
        var result: [String: CanonicalValue] = [:]
        for entry in mapping?.entries ?? [] where entry.key.name.hasPrefix("x-") {
            result[entry.key.name] = CanonicalValue(entry.value)
        }
        return result
    }

    func object(_ name: String) -> Fields? { self[name].map { Fields($0) } }
    func objects(_ name: String) -> [Fields] { self[name]?.items?.map { Fields($0) } ?? [] }
}

extension CanonicalValue {
    /// Any node, as it is written.
    init(_ node: Node) {
        switch node.content {
        // Docker Compose prints an empty list in an extension as null.
        case .sequence(let items): self = items.isEmpty ? .null : .list(items.map { CanonicalValue($0) })
        case .mapping(let mapping):
            self = .object(
                mapping.entries.sorted { $0.key.name < $1.key.name }
                    .map { Field($0.key.name, CanonicalValue($0.value)) })
        case .scalar:
            switch node.scalarValue {
            case nil, .null: self = .null
            case .bool(let value): self = .bool(value)
            case .int(let value): self = Int64(exactly: value).map { .int($0) } ?? .double(Double(value))
            case .float(let value): self = .double(value)
            case .string(let text): self = .string(text)
            case .timestamp(let text): self = .string(TimeText.rfc3339(text))
            }
        }
    }

    /// A node of the conformed tree as Docker Compose prints it: in the schema's order, what says nothing left out.
    init(_ node: Node, _ shape: Shape) {
        switch (shape.long, node.content) {
        case (_, _) where node.isNull: self = .null
        case (.list(let list), .scalar): self = .list([CanonicalValue(node, list.item)])
        case (.list(let list), .sequence(let items)): self = .list(items.map { CanonicalValue($0, list.item) })
        case (.map(let map), .mapping(let mapping)):
            self = .object(
                mapping.entries.sorted { $0.key.name < $1.key.name }
                    .map { Field($0.key.name, CanonicalValue($0.value, map.value)) })
        case (.object(let object), .mapping(let mapping)):
            var fields = CanonicalFields()
            for name in object.order {
                guard let attribute = object.attributes[name] else { continue }
                let value = mapping[name].map { CanonicalValue($0, attribute.shape) } ?? attribute.absent
                guard let value, attribute.absent != nil || !value.saysNothing else { continue }
                fields.set(attribute.printedName ?? name, value)
            }
            self = fields.object
        case (.scalar(let scalar), .scalar(let text)): self = CanonicalValue(text.text, scalar.meaning)
        case (.either(let shapes), _):
            let fitting = shapes.first { shape in
                switch (shape, node.content) {
                case (.scalar, .scalar), (.list, .sequence), (.object, .mapping), (.map, .mapping): true
                default: false
                }
            }
            self = fitting.map { CanonicalValue(node, $0) } ?? CanonicalValue(node)
        default: self = CanonicalValue(node)
        }
    }

    private init(_ text: String, _ meaning: ScalarShape.Meaning) {
        switch meaning {
        case .boolean: self = .bool(text == "true")
        case .integer: self = .int(Int64(text) ?? 0)
        case .number: self = .double(Double(text) ?? 0)
        case .duration: self = .string(ComposeDuration(text)?.description ?? text)
        case .text, .bytes, .fileMode, .choice, .path, .hostPath, .buildContext, .checked: self = .string(text)
        }
    }

    private var saysNothing: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .double(let value): value == 0
        case .string(let text): text.isEmpty
        case .list, .object: isEmptyCollection
        }
    }
}
