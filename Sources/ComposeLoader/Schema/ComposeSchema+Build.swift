import ComposeModel
import YAML

extension ComposeSchema {
    static let build = Shape.short(
        .named("context"),
        of: .object([
            Attribute("context", .scalar(ScalarShape(types: .string, meaning: .buildContext))),
            Attribute("dockerfile", .string),
            Attribute("dockerfile_inline", .string),
            Attribute("entitlements", .list(.string)),
            Attribute("args", .keyValues),
            Attribute("provenance", attestation),
            Attribute("sbom", attestation),
            Attribute("ssh", .short(.keys, of: .map(.scalar(ScalarShape(types: [.string, .null], meaning: .path))))),
            Attribute("labels", .keyValues),
            Attribute("cache_from", .list(.string)),
            Attribute("cache_to", .list(.string)),
            Attribute("no_cache", .boolean),
            Attribute("no_cache_filter", .stringOrList()),
            Attribute(
                "additional_contexts",
                .short(.keyValueLines, of: .map(.scalar(ScalarShape(types: .string, meaning: .buildContext))))),
            Attribute("pull", .boolean),
            Attribute("extra_hosts", .extraHosts),
            Attribute("isolation", .string),
            Attribute("network", .string),
            Attribute("target", .string),
            Attribute("secrets", .fileMounts(prefix: "")),
            Attribute("shm_size", .bytes),
            Attribute("tags", .list(.string, .replaced(by: ListShape.key))),
            Attribute("ulimits", .ulimits),
            Attribute("platforms", .list(.string)),
            Attribute("privileged", .boolean),
        ]))

    private static let attestation = Shape.scalar(ScalarShape(types: [.string, .boolean], meaning: .text))

    static let develop = Shape.nullable(
        .object([
            Attribute(
                "watch",
                .list(
                    .object(
                        [
                            Attribute("path", .path),
                            Attribute("action", .choice("rebuild", "sync", "restart", "sync+restart", "sync+exec")),
                            Attribute("target", .string),
                            Attribute(
                                "exec", hook([], required: ["command"]),
                                absent: .object([CanonicalValue.Field("command", .null)])),
                            Attribute("include", .stringOrList()),
                            Attribute("ignore", .stringOrList()),
                            Attribute("initial_sync", .scalar(ScalarShape(types: .boolean, meaning: .boolean))),
                        ], required: ["path", "action"])))
        ]))

    /// A command that runs in a service's container, or beside it.
    static func hook(_ more: [Attribute], required: [String]) -> Shape {
        .object(
            [
                Attribute("command", .command, merge: .replace, absent: .null),
                Attribute("image", .string),
                Attribute("user", .string),
                Attribute("privileged", .boolean),
                Attribute("working_dir", .string),
                Attribute("environment", .keyValues),
            ].filter { $0.name != "image" || !more.isEmpty } + more, required: required)
    }
}
