import EngineAPI
import FoundationEssentials
import Subprocess
import SystemPackage
import Testing

/// What `docker inspect` shows of a project's objects, without what differs between any two runs: identifiers, times,
/// processes, addresses that the engine chose, and the labels that only Gantry writes.
struct Inspection: Sendable {
    /// The lines of each object, by kind and name.
    let facts: [String: [String]]

    /// Looks at the containers, networks and volumes of a scenario's project.
    static func make(of scenario: Scenario) async throws -> Inspection {
        let containers = try await scenario.containers()
        let filter = ObjectFilter(labels: [scenario.label])
        let networks = try await scenario.engine.networks(matching: filter)
        let volumes = try await scenario.engine.volumes(matching: filter)
        // An identifier in another object's values is replaced by the name, which does not change.
        var names: [String: String] = [:]
        for container in containers {
            names[container.id.rawValue] = "<\(container.name)>"
            for mount in container.mounts where mount.type == "volume" {
                if let name = mount.name, name.count == anonymousNameLength { names[name] = "<anonymous>" }
            }
        }
        for network in networks { names[network.id.rawValue] = "<\(network.name)>" }
        let subjects =
            containers.map { ("container", $0.name) } + networks.map { ("network", $0.name) }
            + volumes.map { ("volume", $0.name) }
        var facts: [String: [String]] = [:]
        for (kind, name) in subjects {
            facts["\(kind) \(name)"] = try await lines(kind, name, names, scenario.environment)
        }
        return Inspection(facts: facts)
    }

    /// What one shows and the other does not, a line each.
    func difference(to other: Inspection) -> [String] {
        Set(facts.keys).union(other.facts.keys).sorted().flatMap { subject -> [String] in
            let (ours, theirs) = (facts[subject] ?? ["absent"], other.facts[subject] ?? ["absent"])
            return theirs.filter { !ours.contains($0) }.map { "\(subject) - \($0)" }
                + ours.filter { !theirs.contains($0) }.map { "\(subject) + \($0)" }
        }
    }

    private static func lines(
        _ kind: String, _ name: String, _ names: [String: String], _ environment: [String: String]
    ) async throws -> [String] {
        let command = Command(
            program: "/usr/bin/docker", arguments: [kind, "inspect", name], environment: environment, folder: "/")
        var text = try await command.run().exits(0).output
        for (identifier, name) in names {
            text = text.replacing(identifier, with: name)
            text = text.replacing(identifier.prefix(shortIDLength), with: name)
        }
        let objects = try JSONDecoder().decode([JSONFacts].self, from: Data(text.utf8))
        return objects.flatMap { $0.lines(ordered: ordered) }.map(sorted)
            .filter { line in !volatile.contains(where: line.contains) }
    }

    /// Docker Compose writes what a service depends on in an order of chance.
    private static func sorted(_ line: String) -> String {
        let label = "depends_on: \""
        guard let start = line.firstRange(of: label)?.upperBound, line.hasSuffix("\"") else { return line }
        let names = line[start...].dropLast().split(separator: ",").sorted()
        return line[..<start] + names.joined(separator: ",") + "\""
    }

    /// Lists that mean something else in another order.
    private static let ordered: Set<String> = ["Cmd", "Entrypoint", "Args", "Test", "Dns", "DnsSearch"]
    /// How long the engine's identifiers are where they are shortened.
    private static let shortIDLength = 12
    /// How long the names are that the engine gives to volumes without one.
    private static let anonymousNameLength = 64
    /// Parts of the lines that tell two runs apart.
    private static let volatile = [
        "Id: ", "Created: ", "CreatedAt: ", "State.", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath",
        "GraphDriver", "Sandbox", "EndpointID", "NetworkID", "IPAddress: ", "MacAddress: ", "Gateway: ", "GlobalIPv6",
        "NetworkSettings.Ports", "Labels.io.gantry.", "RestartCount", "Containers.",
    ]
}
