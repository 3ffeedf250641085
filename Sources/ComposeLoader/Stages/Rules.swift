import ComposeModel
import YAML

/// Checks what the tree shows and values no longer do: which attributes were written beside each other.
struct Rules {
    var reporter: Reporter

    mutating func check(_ root: Node) {
        if let version = root.mapping?.entry("version") {
            reporter.at(["version"]) {
                $0.warn(.obsoleteVersion, "\"version\" is obsolete and has no effect", at: version.key.mark)
            }
        }
        for entry in root.field("configs")?.mapping?.entries ?? [] {
            exactlyOne(of: ["file", "environment", "content"], in: entry, "configs")
        }
        for entry in root.field("secrets")?.mapping?.entries ?? [] {
            exactlyOne(of: ["file", "environment"], in: entry, "secrets")
        }
        for entry in root.field("volumes")?.mapping?.entries ?? [] { external(entry) }
        for entry in root.field("services")?.mapping?.entries ?? [] {
            watches(entry)
            ignored(entry)
            repeatedHosts(entry)
            restart(entry)
            unreachable(entry, among: root.field("services"))
        }
    }

    /// A service whose own profiles do not start it, because what it needs is in others only.
    private mutating func unreachable(_ service: Mapping.Entry, among services: Node?) {
        let own = Set((service.value.field("profiles")?.items ?? []).compactMap(\.text))
        guard !own.isEmpty, !own.contains("") else { return }
        for need in service.value.field("depends_on")?.mapping?.entries ?? []
        where need.value.field("required")?.text != "false" {
            let others = (services?.field(need.key.name)?.field("profiles")?.items ?? []).compactMap(\.text)
            guard !others.isEmpty, !others.contains(""), own.isDisjoint(with: others) else { continue }
            reporter.at(["services", service.key.name, "depends_on", need.key.name]) {
                $0.warn(
                    .unreachableProfile,
                    "no profile of \(service.key.name) starts it alone, because \(need.key.name) has others only",
                    at: need.key.mark)
            }
        }
    }

    /// A policy that no engine knows: the container would not be made.
    private mutating func restart(_ service: Mapping.Entry) {
        guard let policy = service.value.field("restart"), let text = policy.text, !policy.isNull, !text.isEmpty,
            !RestartPolicy.Condition.known.contains(RestartPolicy(text: text).condition)
        else { return }
        reporter.at(["services", service.key.name, "restart"]) {
            $0.warn(
                .unknownOption, "\"\(text)\" is no restart policy, and the engine will refuse the container",
                at: policy.mark, hint: "write \"no\", always, unless-stopped, on-failure or on-failure:N")
        }
    }

    /// Attributes of a service that are there for other tools: no container differs by them.
    private static let withoutEffect = [
        ["deploy", "labels"], ["deploy", "placement"], ["deploy", "endpoint_mode"], ["deploy", "mode"],
        ["deploy", "resources", "limits", "devices"],
        ["deploy", "resources", "reservations", "cpus"], ["deploy", "resources", "reservations", "generic_resources"],
        ["credential_spec"], ["pull_refresh_after"],
    ]

    private mutating func ignored(_ service: Mapping.Entry) {
        for path in Rules.withoutEffect {
            guard let name = path.last,
                let parent = path.dropLast().reduce(Optional(service.value), { $0?.field($1) }),
                let entry = parent.mapping?.entry(name), !entry.value.isNull,
                // What is in force anyway.
                path != ["deploy", "mode"] || entry.value.text != "replicated"
            else { continue }
            reporter.at(["services", service.key.name] + path) {
                $0.warn(.ignoredKey, "\"\(name)\" has no effect here", at: entry.key.mark)
            }
        }
    }

    /// A host that a later file gives another address keeps the old one too.
    private mutating func repeatedHosts(_ service: Mapping.Entry) {
        var first: [Substring: Node] = [:]
        for line in service.value.field("extra_hosts")?.items ?? [] {
            guard let host = line.text?.split(separator: "=", maxSplits: 1).first else { continue }
            guard let other = first[host] else {
                first[host] = line
                continue
            }
            // Two addresses in one file are meant.
            guard other.mark.file !== line.mark.file else { continue }
            reporter.at(["services", service.key.name, "extra_hosts"]) {
                $0.warn(
                    .repeatedHost,
                    "the host \(host) has an address in \(other.mark.file.path) already, and now has both",
                    at: line.mark)
            }
        }
    }

    private mutating func exactlyOne(of names: [String], in entry: Mapping.Entry, _ kind: String) {
        guard let mapping = entry.value.mapping else { return }
        let found = names.compactMap { mapping.entry($0) }
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        reporter.at([kind, entry.key.name]) {
            if found.count > 1 {
                $0.error("only one of \(list) may be given", at: found[1].key.mark)
            } else if found.isEmpty, mapping["driver"] == nil, mapping["external"] == nil {
                $0.error("one of \(list) is needed", at: entry.key.mark)
            }
        }
    }

    /// An external volume is made by others: nothing of it is ours to set.
    private mutating func external(_ entry: Mapping.Entry) {
        guard let mapping = entry.value.mapping, mapping["external"]?.text == "true" else { return }
        for attribute in mapping.entries
        where attribute.key.name != "external" && attribute.key.name != "name" && !attribute.key.name.hasPrefix("x-") {
            reporter.at(["volumes", entry.key.name, attribute.key.name]) {
                $0.error(
                    "\"external\" and \"\(attribute.key.name)\" exclude each other", at: attribute.key.mark,
                    hint: "an external volume is made by others")
            }
        }
    }

    private mutating func watches(_ entry: Mapping.Entry) {
        guard let rules = entry.value.field("develop")?.field("watch")?.items else { return }
        for (index, rule) in rules.enumerated() {
            let path = ["services", entry.key.name, "develop", "watch", String(index)]
            let action = rule.field("action")?.text ?? ""
            if rule.field("target") == nil, action != "rebuild", action != "restart" {
                reporter.at(path) { $0.error("the action \(action) needs a \"target\"", at: rule.mark) }
            }
            if let watched = rule.field("path"), watched.text == "" {
                reporter.at(path) { $0.error("the path is empty", at: watched.mark) }
            }
        }
    }
}
