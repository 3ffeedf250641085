extension AttributeRow {
    private static func deploy(_ path: String, _ value: String, _ expectations: Expectation) -> AttributeRow {
        let names = path.split(separator: ".").map(String.init)
        let text = names.reversed().reduce(value) { "{\($1): \($0)}" }
        return AttributeRow("services.X.deploy.\(path)", "deploy: \(text)", expectations)
    }

    static let deploy = [
        deploy("mode", "global", .said("\"mode\" has no effect here")),
        deploy("replicas", "2", .here("the number of replicas")),
        deploy("labels", "{a: b}", .said("\"labels\" has no effect here")),
        AttributeRow(
            "services.X.deploy.update_config.*", "deploy: {update_config: {order: start-first}}",
            .here("the order and the pace in which replicas are replaced: UpdatePlanTests, UpdateTests")),
        AttributeRow(
            "services.X.deploy.rollback_config.*", "deploy: {rollback_config: {parallelism: 1}}",
            .here(
                "the order and the pace in which replicas are taken back, which always goes on past a failure, whatever "
                    + "failure_action and max_failure_ratio say: UpdateTests")),
        deploy("resources.limits.cpus", "\"1.5\"", .container("/HostConfig/NanoCpus", "1500000000")),
        deploy("resources.limits.memory", "1m", .container("/HostConfig/Memory", "1048576")),
        deploy("resources.limits.pids", "9", .container("/HostConfig/PidsLimit", "9")),
        deploy("resources.reservations.cpus", "\"1\"", .said("\"cpus\" has no effect here")),
        deploy("resources.reservations.memory", "1m", .container("/HostConfig/MemoryReservation", "1048576")),
        AttributeRow(
            "services.X.deploy.resources.reservations.generic_resources.*",
            "deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: 1}}]}}}",
            .said("\"generic_resources\" has no effect here")),
        deploy(
            "restart_policy.condition", "any",
            .container("/HostConfig/RestartPolicy", #"{"Name": "always", "MaximumRetryCount": 0}"#)),
        deploy("restart_policy.delay", "1s", .said("deploy.restart_policy.delay has no effect here")),
        deploy("restart_policy.max_attempts", "2", .container("/HostConfig/RestartPolicy/MaximumRetryCount", "2")),
        deploy("restart_policy.window", "1s", .said("deploy.restart_policy.window has no effect here")),
        AttributeRow(
            "services.X.deploy.placement.*", "deploy: {placement: {constraints: [a]}}",
            .said("\"placement\" has no effect here")),
        deploy("endpoint_mode", "vip", .said("\"endpoint_mode\" has no effect here")),
    ]

    private static func network(_ path: String, _ value: String, _ pointer: String, _ json: String) -> AttributeRow {
        let names = path.split(separator: ".").map(String.init)
        let text = names.reversed().reduce(value) { "{\($1): \($0)}" }
        return AttributeRow("networks.X.\(path)", file: "networks: {default: \(text)}", .network(pointer, json))
    }

    private static func pool(_ name: String, _ value: String, _ field: String, _ json: String) -> AttributeRow {
        AttributeRow(
            "networks.X.ipam.config.\(name)", file: "networks: {default: {ipam: {config: [{\(name): \(value)}]}}}",
            .network("/IPAM/Config/0/" + field, json))
    }

    private static func volume(_ name: String, _ value: String, _ pointer: String, _ json: String) -> AttributeRow {
        AttributeRow(
            "volumes.X.\(name)", "volumes: [\"vol:/v\"]", file: "volumes: {vol: {\(name): \(value)}}",
            .volume(pointer, json))
    }

    /// An attribute of a top-level config or secret.
    private static func object(_ kind: String, _ name: String, _ value: String, _ expectation: Expectation)
        -> AttributeRow
    {
        let content = ["file", "environment", "content", "external"].contains(name) ? "" : "file: ./file, "
        return AttributeRow(
            "\(kind).X.\(name)", "\(kind): [{source: o, target: /o}]",
            file: "\(kind): {o: {\(content)\(name): \(value)}}", expectation)
    }

    private static func objects(_ kind: String, _ singular: String) -> [AttributeRow] {
        [
            object(kind, "name", "n", .here("a name for Swarm; here the entry's key is used")),
            object(kind, "file", "./file", .container("/HostConfig/Mounts/0/Source", #""/shop/file""#)),
            object(kind, "environment", "TOKEN", .file("/o", content: "t0ken")),
            object(kind, "external", "true", .said("Service web: \(singular) o is external, and only Swarm")),
            object(kind, "labels", "{a: b}", .here("labels of Swarm's objects; here there is none")),
            object(
                kind, "template_driver", "golang", .said("\(singular) o is filled in by the template driver golang")),
            AttributeRow(
                "\(kind).X.external.name", "\(kind): [o]", file: "\(kind): {o: {external: {name: n}}}",
                .said("\(singular) o is external")),
        ]
    }

    static let resources =
        [
            AttributeRow("version", file: "version: \"3\"", .said("\"version\" is obsolete")),
            AttributeRow("name", file: "name: other", .container("/Labels/com.docker.compose.project", #""other""#)),
            AttributeRow("include.*", file: "include: [base.yaml]", .here("more files; shown by the loader's tests")),
            network("name", "n", "/Name", #""n""#),
            network("driver", "macvlan", "/Driver", #""macvlan""#),
            network("driver_opts", "{a: b}", "/Options", #"{"a": "b"}"#),
            network("ipam.driver", "d", "/IPAM/Driver", #""d""#),
            network("ipam.options", "{a: b}", "/IPAM/Options", #"{"a": "b"}"#),
            pool("subnet", "10.0.0.0/24", "Subnet", #""10.0.0.0/24""#),
            pool("gateway", "10.0.0.1", "Gateway", #""10.0.0.1""#),
            pool("ip_range", "10.0.0.0/25", "IPRange", #""10.0.0.0/25""#),
            pool("aux_addresses", "{h: 10.0.0.9}", "AuxiliaryAddresses", #"{"h": "10.0.0.9"}"#),
            AttributeRow(
                "networks.X.external", file: "networks: {default: {external: true, name: outside}}",
                .container("/HostConfig/NetworkMode", #""outside""#)),
            AttributeRow(
                "networks.X.external.name", file: "networks: {default: {external: {name: outside}}}",
                .container("/HostConfig/NetworkMode", #""outside""#)),
            network("internal", "true", "/Internal", "true"),
            network("attachable", "true", "/Attachable", "true"),
            network("labels", "{a: b}", "/Labels/a", #""b""#),
            network("enable_ipv4", "false", "/EnableIPv4", "false"),
            network("enable_ipv6", "true", "/EnableIPv6", "true"),
            volume("name", "n", "/Name", #""n""#),
            volume("driver", "nfs", "/Driver", #""nfs""#),
            volume("driver_opts", "{a: b}", "/DriverOpts", #"{"a": "b"}"#),
            volume("labels", "{a: b}", "/Labels/a", #""b""#),
            AttributeRow(
                "volumes.X.external", "volumes: [\"vol:/v\"]", file: "volumes: {vol: {external: true, name: outside}}",
                .container("/HostConfig/Binds", #"["outside:/v:rw"]"#)),
            AttributeRow(
                "volumes.X.external.name", "volumes: [\"vol:/v\"]", file: "volumes: {vol: {external: {name: outside}}}",
                .container("/HostConfig/Binds", #"["outside:/v:rw"]"#)),
            object("configs", "content", "text", .file("/o", content: "text")),
            object("secrets", "driver", "d", .said("secret o is made by the driver d, which only Swarm has")),
            object("secrets", "driver_opts", "{a: b}", .here("options of a driver, which is refused")),
            AttributeRow(
                "models.X.*", "models: [llm]", file: "models: {llm: {model: ai/m}}", .said("Service web: models (llm)")),
        ] + objects("configs", "config") + objects("secrets", "secret")
}
