import ComposeModel
import YAML

extension ComposeSchema {
    static let service = Shape.object(
        identity + process + networking + storage + limits + isolation)

    private static let identity = [
        Attribute("image", .string),
        Attribute("build", build),
        Attribute(
            "pull_policy", .checked("a pull policy such as always, missing, never, build or every_12h", isPullPolicy)),
        Attribute("pull_refresh_after", .string),
        Attribute("platform", .string),
        Attribute(
            "container_name", .checked("a name of two or more letters, digits, \"_\", \".\" or \"-\"", isContainerName)),
        Attribute("hostname", .string),
        Attribute("domainname", .string),
        Attribute("labels", .keyValues),
        Attribute("label_file", .stringOrList(.path)),
        Attribute("annotations", .keyValues),
        Attribute("profiles", .list(.string, .replaced(by: ListShape.key))),
        Attribute(
            "extends",
            .short(
                .named("service"),
                of: .object(
                    [Attribute("service", .string), Attribute("file", .string)], required: ["service"],
                    allowsExtensions: false)), merge: .replace),
        Attribute("scale", .integer(0...Int.max)),
        Attribute(
            "provider",
            .object(
                [
                    Attribute("type", .string),
                    Attribute(
                        "options", .map(.short(.single, of: .list(option)))),
                ], required: ["type"])),
        Attribute("attach", .boolean),
        Attribute("deploy", deploy),
        Attribute("develop", develop),
        Attribute(
            "models",
            .short(
                .names { $0.plain("") },
                of: .map(.nullable(.object([Attribute("endpoint_var", .string), Attribute("model_var", .string)]))))),
        Attribute("use_api_socket", .scalar(ScalarShape(types: .boolean, meaning: .boolean))),
        Attribute("x-gantry", serviceGantry),
    ]

    private static let option = Shape.scalar(ScalarShape(types: [.string, .number, .boolean], meaning: .text))

    private static let process = [
        Attribute("command", .command, merge: .replace),
        Attribute("entrypoint", .command, merge: .replace),
        Attribute("working_dir", .string),
        Attribute("user", .string),
        Attribute("group_add", .list(.text, .refused)),
        Attribute("environment", .keyValues),
        Attribute(
            "env_file",
            .stringOrList(
                .short(
                    .named("path"),
                    of: .object(
                        [
                            Attribute("path", .path), Attribute("format", .string), Attribute("required", .boolean),
                        ], required: ["path"], allowsExtensions: false)), .replaced(by: ListShape.attribute("path")))),
        Attribute("init", .boolean),
        Attribute("tty", .boolean),
        Attribute("stdin_open", .boolean),
        Attribute("stop_signal", .string),
        Attribute("stop_grace_period", .duration),
        Attribute("restart", .string),
        Attribute(
            "healthcheck",
            .object([
                Attribute("test", .short(.shellTest, of: .list(.string)), merge: .replace),
                Attribute("timeout", .duration),
                Attribute("interval", .duration),
                Attribute("retries", .integer(0...Int.max)),
                Attribute("start_period", .duration),
                Attribute("start_interval", .duration),
                Attribute("disable", .boolean),
            ])),
        Attribute(
            "depends_on",
            .short(
                .names { $0.object([("condition", $0.string("service_started")), ("required", $0.plain("true"))]) },
                of: .map(
                    .object(
                        [
                            Attribute(
                                "condition",
                                .choice("service_started", "service_healthy", "service_completed_successfully")),
                            Attribute("restart", .boolean),
                            Attribute("required", .boolean),
                        ], required: ["condition"]), name: .resource))),
        Attribute("pre_start", .list(hook([Attribute("per_replica", .boolean)], required: []))),
        Attribute("post_start", .list(hook([], required: ["command"]))),
        Attribute("pre_stop", .list(hook([], required: ["command"]))),
        Attribute(
            "logging",
            .object([
                Attribute("driver", .string),
                Attribute(
                    "options", .map(.scalar(ScalarShape(types: [.string, .number, .null], meaning: .text)))),
            ]), merge: .sameDriver),
    ]

    private static let networking = [
        Attribute("ports", .list(.short(.ports, of: port), .replaced(by: portIdentity))),
        Attribute("expose", .list(.text, .replaced(by: ListShape.text))),
        Attribute(
            "networks", .short(.names { $0.plain("") }, of: .map(.nullable(networkMembership), name: .resource))),
        Attribute("network_mode", .string),
        Attribute("links", .list(.string, .replaced(by: ListShape.key))),
        Attribute("external_links", .list(.string, .refused)),
        Attribute("extra_hosts", .extraHosts),
        Attribute("dns", .stringOrList(.string, .replaced(by: ListShape.key))),
        Attribute("dns_opt", .list(.string, .replaced(by: ListShape.key))),
        Attribute("dns_search", .stringOrList(.string, .replaced(by: ListShape.key), staysShort: true)),
        Attribute("mac_address", .string),
    ]

    private static let networkMembership = Shape.object([
        Attribute("aliases", .list(.string, .replaced(by: ListShape.key))),
        Attribute("driver_opts", .driverOptions),
        Attribute("gw_priority", wholeNumber),
        Attribute("interface_name", .string),
        Attribute("ipv4_address", .string),
        Attribute("ipv6_address", .string),
        Attribute("link_local_ips", .list(.string, .replaced(by: ListShape.key))),
        Attribute("mac_address", .string),
        Attribute("priority", wholeNumber),
    ])

    private static let wholeNumber = Shape.scalar(ScalarShape(types: .number, meaning: .integer(Int.min...Int.max)))

    private static let port = Shape.object(
        [
            Attribute("name", .string),
            Attribute("mode", .string),
            Attribute("host_ip", .checked("an IP address") { IPAddress.isValid($0) }),
            Attribute("target", .integer(0...65535)),
            Attribute("published", .scalar(ScalarShape(types: [.string, .integer], meaning: .text))),
            Attribute("protocol", .string),
            Attribute("app_protocol", .string),
        ], required: ["target"],
        finish: { mapping, mark, _ in
            let node = Node(.mapping(mapping), mark: mark)
            setDefault("mode", node.string("ingress"), in: &mapping)
            setDefault("protocol", node.string("tcp"), in: &mapping)
        })

    private static let storage = [
        Attribute("volumes", .list(.short(.mount, of: mount), .replaced(by: ListShape.attribute("target")))),
        Attribute("volumes_from", .list(.string, .refused)),
        Attribute("tmpfs", .stringOrList(.string, .replaced(by: ListShape.key), staysShort: true)),
        Attribute("configs", .fileMounts(prefix: "")),
        Attribute("secrets", .fileMounts(prefix: "/run/secrets")),
        Attribute("read_only", .boolean),
        Attribute("shm_size", .bytes),
        Attribute(
            "storage_opt", .map(.scalar(ScalarShape(types: [.string, .number, .boolean, .null], meaning: .text)))),
    ]

    private static let mount = Shape.object(
        [
            Attribute("type", .choice("bind", "volume", "tmpfs", "cluster", "npipe", "image")),
            Attribute("source", .string),
            Attribute("target", .string),
            Attribute("read_only", .boolean),
            Attribute("consistency", .string),
            Attribute(
                "bind",
                .object([
                    Attribute("selinux", .choice("z", "Z")),
                    Attribute("propagation", .string),
                    Attribute("create_host_path", .boolean),
                    Attribute("recursive", .choice("enabled", "disabled", "writable", "readonly")),
                ])),
            Attribute(
                "volume",
                .object([
                    Attribute("labels", .keyValues), Attribute("nocopy", .boolean), Attribute("subpath", .string),
                ])),
            Attribute(
                "tmpfs",
                .object([
                    Attribute("size", .scalar(ScalarShape(types: [.string, .integer], meaning: .bytes))),
                    Attribute("mode", .fileMode),
                ])),
            Attribute("image", .object([Attribute("subpath", .string)])),
        ], required: ["type", "target"],
        finish: { mapping, mark, conformer in
            if var target = mapping.entry("target"), let path = target.value.text {
                target.value = target.value.string(FilePath.clean(path))
                mapping.set(target)
            }
            guard mapping["type"]?.text == "bind" else { return }
            guard var source = mapping.entry("source"), let path = source.value.text else {
                conformer.reporter.error("a bind mount needs a \"source\", a path on the host", at: mark)
                return
            }
            guard let paths = conformer.paths else { return }
            source.value = source.value.string(paths.mountSource(path))
            mapping.set(source)
        })

    /// A setting for what the file leaves out.
    static func setDefault(_ name: String, _ value: Node, in mapping: inout Mapping) {
        guard mapping[name] == nil else { return }
        mapping.set(Mapping.Entry(key: Mapping.Key(name, mark: value.mark), value: value))
    }

    /// Ports are the same when they take the same address and port of the host for the same port of the container.
    @Sendable private static func portIdentity(_ item: Node) -> String {
        guard item.mapping != nil else { return item.text ?? "" }
        let parts = ["host_ip", "published", "target", "protocol"].map { item.field($0)?.text ?? "" }
        return (parts[0].isEmpty ? "0.0.0.0" : parts[0]) + ":" + parts[1...].joined(separator: ":")
    }

    @Sendable private static func isContainerName(_ name: String) -> Bool {
        // The specification's pattern is not anchored: two fitting characters in a row are enough.
        let bytes = Array(name.utf8)
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        return zip(bytes, bytes.dropFirst()).contains { first, second in
            isAlphanumeric(first) && (isAlphanumeric(second) || "_.-".utf8.contains(second))
        }
    }

    @Sendable private static func isPullPolicy(_ text: String) -> Bool {
        let words = ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"]
        // As above: the pattern is not anchored.
        if words.contains(where: { text.contains($0) }) { return true }
        guard text.hasPrefix("every_") else { return false }
        let rest = text.dropFirst("every_".count)
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, let unit = rest.dropFirst(digits.count).first else { return false }
        return "wdhms".contains(unit)
    }
}
