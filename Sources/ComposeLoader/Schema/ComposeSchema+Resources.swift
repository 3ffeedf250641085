import ComposeModel
import YAML

extension ComposeSchema {
    static let limits = [
        Attribute("cpu_count", unsigned(0...Int.max)),
        Attribute("cpu_percent", unsigned(0...100)),
        Attribute("cpu_period", .integer),
        Attribute("cpu_quota", .integer),
        Attribute("cpu_rt_period", .integer),
        Attribute("cpu_rt_runtime", .integer),
        Attribute("cpus", .number),
        Attribute("cpuset", .string),
        Attribute("cpu_shares", .integer),
        Attribute("mem_limit", .bytes),
        Attribute("mem_reservation", .bytes),
        Attribute("memswap_limit", .bytes),
        Attribute("mem_swappiness", .bytes),
        Attribute("oom_kill_disable", .boolean),
        Attribute("oom_score_adj", .integer(-1000...1000)),
        Attribute("pids_limit", .integer),
        Attribute("ulimits", .ulimits),
        Attribute(
            "blkio_config",
            .object(
                [
                    Attribute("weight", .integer(0...Int(UInt16.max))),
                    Attribute(
                        "weight_device",
                        .list(
                            .object(
                                [
                                    Attribute("path", .string, absent: .string(""), printedName: "Path"),
                                    Attribute("weight", .integer, absent: .int(0), printedName: "Weight"),
                                ], allowsExtensions: false))),
                    Attribute("device_read_bps", rates),
                    Attribute("device_read_iops", rates),
                    Attribute("device_write_bps", rates),
                    Attribute("device_write_iops", rates),
                ], allowsExtensions: false)),
    ]

    private static let rates = Shape.list(
        .object(
            [
                Attribute("path", .string, absent: .string(""), printedName: "Path"),
                Attribute("rate", .bytes, absent: .string("0"), printedName: "Rate"),
            ], allowsExtensions: false))

    /// A whole number or a variable.
    private static func unsigned(_ range: ClosedRange<Int>) -> Shape {
        .scalar(ScalarShape(types: [.string, .integer], meaning: .integer(range)))
    }

    static let isolation = [
        Attribute("cap_add", .list(.string, .replaced(by: ListShape.key))),
        Attribute("cap_drop", .list(.string, .replaced(by: ListShape.key))),
        Attribute("cgroup", .choice("host", "private")),
        Attribute("cgroup_parent", .string),
        Attribute(
            "credential_spec",
            .object([
                Attribute("config", .string), Attribute("file", .string), Attribute("registry", .string),
            ])),
        Attribute("device_cgroup_rules", .list(.string, .refused)),
        Attribute(
            "devices",
            .list(
                .short(
                    .device,
                    of: .object(
                        [
                            Attribute("source", .string), Attribute("target", .string),
                            Attribute("permissions", .string),
                        ], required: ["source"])), .replaced(by: ListShape.attribute("target")))),
        Attribute("gpus", .short(.allDevices, of: .list(deviceRequest(required: [])))),
        Attribute("ipc", .string),
        Attribute("isolation", .string),
        Attribute("pid", .nullable(.string)),
        Attribute("privileged", .boolean),
        Attribute("runtime", .string),
        Attribute("security_opt", .list(.string, .refused)),
        Attribute("sysctls", .keyValues),
        Attribute("userns_mode", .string),
        Attribute("uts", .string),
    ]

    static func deviceRequest(required: [String]) -> Shape {
        .object(
            [
                Attribute("capabilities", .list(.string, .refused)),
                Attribute("driver", .string),
                Attribute("count", .scalar(ScalarShape(types: [.string, .integer], meaning: .text))),
                Attribute("device_ids", .list(.string, .refused)),
                Attribute("options", .keyValues),
            ], required: required, ignoresUnknown: required.isEmpty,
            finish: { mapping, mark, conformer in
                switch (mapping.entry("count"), mapping["device_ids"]) {
                case (let count?, _?):
                    conformer.reporter.error(
                        "\"count\" and \"device_ids\" exclude each other", at: count.key.mark, hint: "keep one of them")
                case (nil, nil):
                    setDefault("count", Node(.scalar(Scalar("all", style: .doubleQuoted)), mark: mark), in: &mapping)
                case (let count?, nil):
                    if let text = count.value.text, text.lowercased() != "all", Int(text) == nil {
                        conformer.reporter.error("\"\(text)\" is neither a number nor \"all\"", at: count.value.mark)
                    }
                case (nil, _?): break
                }
            })
    }

    static let deploy = Shape.nullable(
        .object([
            Attribute("mode", .string),
            Attribute("replicas", .integer(0...Int.max)),
            Attribute("labels", .keyValues),
            Attribute("update_config", updateConfig),
            Attribute("rollback_config", updateConfig),
            Attribute(
                "resources",
                .object([
                    Attribute("limits", .object(resources + [Attribute("pids", .integer)])),
                    Attribute(
                        "reservations",
                        .object(
                            resources + [
                                Attribute("devices", .list(deviceRequest(required: ["capabilities"]))),
                                Attribute("generic_resources", .list(genericResource)),
                            ])),
                ])),
            Attribute(
                "restart_policy",
                .object([
                    Attribute("condition", .string),
                    Attribute("delay", .duration),
                    Attribute("max_attempts", .integer(0...Int.max)),
                    Attribute("window", .duration),
                ])),
            Attribute(
                "placement",
                .object([
                    Attribute("constraints", .list(.string)),
                    Attribute("preferences", .list(.object([Attribute("spread", .string)]))),
                    Attribute("max_replicas_per_node", .integer(0...Int.max)),
                ])),
            Attribute("endpoint_mode", .string),
        ]))

    private static let resources = [
        Attribute("cpus", .number),
        Attribute("memory", .scalar(ScalarShape(types: .string, meaning: .bytes))),
    ]

    private static let genericResource = Shape.object([
        Attribute(
            "discrete_resource_spec", .object([Attribute("kind", .string), Attribute("value", .integer)]))
    ])

    private static let updateConfig = Shape.object(
        [
            Attribute("parallelism", .integer(0...Int.max)),
            Attribute("delay", .duration),
            Attribute("failure_action", .choice("continue", "pause", "rollback")),
            Attribute("monitor", .duration),
            Attribute("max_failure_ratio", .number),
            Attribute("order", .choice("start-first", "stop-first")),
        ],
        finish: { mapping, _, conformer in
            // What a variable will stand for is no number yet.
            if let ratio = mapping["max_failure_ratio"], let text = ratio.text, let number = Double(text),
                !(0...1).contains(number)
            {
                conformer.reporter.error("max_failure_ratio must be from 0 to 1, found \(text)", at: ratio.mark)
            }
            for name in ["delay", "monitor"] {
                guard let time = mapping[name], let text = time.text, let duration = ComposeDuration(text),
                    duration.duration < .zero
                else { continue }
                conformer.reporter.error("\(name) must not be negative, found \"\(text)\"", at: time.mark)
            }
        })
}
