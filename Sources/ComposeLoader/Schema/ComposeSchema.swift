import YAML

/// The Compose specification as tables. Rows are in the order in which Docker Compose prints them, which is also the
/// order that its `config-hash` is computed over.
enum ComposeSchema {
    /// A whole file.
    static let project = Shape.object([
        Attribute("version", .string),
        Attribute("name", .string),
        Attribute("include", .nullable(.list(include))),
        Attribute("services", .map(service, name: .resource)),
        Attribute("networks", .map(network, name: .resource)),
        Attribute("volumes", .map(volume, name: .resource)),
        Attribute("secrets", .map(secret, name: .resource)),
        Attribute("configs", .map(config, name: .resource)),
        Attribute("models", .map(model, name: .resource)),
        Attribute("x-gantry", gantry),
    ])

    static let include = Shape.short(
        .named("path"),
        of: .object(
            [
                Attribute("path", .stringOrList()),
                Attribute("project_directory", .string),
                Attribute("env_file", .stringOrList()),
            ], required: ["path"], allowsExtensions: false, ignoresUnknown: true))

    static let network = Shape.nullable(
        .object(
            [
                Attribute("name", .string),
                Attribute("driver", .string),
                Attribute("driver_opts", .driverOptions),
                Attribute(
                    "ipam",
                    .object([
                        Attribute("driver", .string),
                        Attribute(
                            "config",
                            .list(
                                .object([
                                    Attribute("subnet", .string),
                                    Attribute("gateway", .string),
                                    Attribute("ip_range", .string),
                                    Attribute("aux_addresses", .map(.string)),
                                ])), merge: .matching(key: "subnet")),
                        Attribute("options", .map(.string)),
                    ])),
                Attribute("external", external),
                Attribute("internal", .boolean),
                Attribute("attachable", .boolean),
                Attribute("labels", .keyValues),
                Attribute("enable_ipv4", .boolean),
                Attribute("enable_ipv6", .boolean),
            ], finish: finishExternal))

    static let volume = Shape.nullable(
        .object(
            [
                Attribute("name", .string),
                Attribute("driver", .string),
                Attribute("driver_opts", .driverOptions),
                Attribute("external", external),
                Attribute("labels", .keyValues),
            ],
            finish: { mapping, mark, conformer in
                finishExternal(&mapping, mark, &conformer)
                resolveDevice(&mapping, conformer)
            }))

    static let config = Shape.object(
        [
            Attribute("name", .string),
            Attribute("file", .hostPath),
            Attribute("environment", .string),
            Attribute("content", .string),
            Attribute("external", external),
            Attribute("labels", .keyValues),
            Attribute("template_driver", .string),
        ], finish: finishExternal)

    static let secret = Shape.object(
        [
            Attribute("name", .string),
            Attribute("file", .hostPath),
            Attribute("environment", .string),
            Attribute("external", external),
            Attribute("labels", .keyValues),
            Attribute("driver", .string),
            Attribute("driver_opts", .driverOptions),
            Attribute("template_driver", .string),
        ], finish: finishExternal)

    static let model = Shape.object(
        [
            Attribute("name", .string),
            Attribute("model", .string),
            Attribute("context_size", .scalar(ScalarShape(types: .integer, meaning: .integer(Int.min...Int.max)))),
            Attribute("runtime_flags", .list(.string)),
        ], required: ["model"])

    /// The shape of a service's attribute.
    static func attribute(_ name: String) -> Shape? {
        guard case .object(let service) = service else { return nil }
        return service.attributes[name]?.shape
    }

    private static let external = Shape.nullable(.either([.boolean, .object([Attribute("name", .string)])]))

    /// `external: {name: x}`, the old form, becomes `external: true` and `name: x`.
    @Sendable private static func finishExternal(_ mapping: inout Mapping, _ mark: Mark, _ conformer: inout Conformer) {
        guard let entry = mapping.entry("external"), entry.value.mapping != nil else { return }
        mapping.set(Mapping.Entry(key: entry.key, value: entry.value.plain("true")))
        guard let name = entry.value.field("name") else { return }
        conformer.reporter.warn(.externalName, "\"external.name\" is deprecated", at: entry.key.mark)
        if let other = mapping["name"]?.text, other != name.text {
            conformer.reporter.error(
                "\"name\" and \"external.name\" differ", at: name.mark, hint: "keep \"name\" alone")
        } else if mapping["name"] == nil {
            mapping.set(Mapping.Entry(key: Mapping.Key("name", mark: name.mark), value: name))
        }
    }

    /// A volume of the local driver that is a bind mount has a path on the host.
    private static func resolveDevice(_ mapping: inout Mapping, _ conformer: Conformer) {
        guard mapping["driver"]?.text == "local", var entry = mapping.entry("driver_opts"),
            var options = entry.value.mapping, options["o"]?.text == "bind", var device = options.entry("device"),
            let path = device.value.text, let paths = conformer.paths
        else { return }
        device.value = device.value.string(paths.mountSource(path))
        options.set(device)
        entry.value = Node(.mapping(options), mark: entry.value.mark)
        mapping.set(entry)
    }
}
