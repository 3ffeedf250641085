/// A project that changes at random from one command to the next, in all that a file may say of it.
struct RandomStack: Sendable {
    private struct Service: Sendable {
        var image = "busybox"
        var seconds = 86400
        var setting = 0
        var replicas = 1
        var hasHooks = false
        var hasProfile = false
        var hasCheck = false
        var isPublished = false
        var networks: Set<String> = []
        var volumes: Set<String> = []
        /// Whether it waits for the services before it.
        var waits = false
    }

    private var services: [String: Service] = [:]
    /// Made anew whenever it changes.
    private var networkRelease = 0
    /// Whether a service of it cannot come up.
    private(set) var isBroken = false
    /// The host port of each service that may publish one.
    private let ports: [String: Int]

    /// Services are called after letters, in the order in which they depend on each other.
    private static let names = ["a", "b", "c", "d", "e"]
    private static let networks = ["back", "front"]
    /// The last one has no name.
    private static let volumes = ["data:/data", "more:/more", "/scratch"]
    /// One change in so many cannot come up.
    private static let brokenness = 6

    /// - Parameter ports: two ports that nobody else uses.
    init(ports: [Int]) { self.ports = Dictionary(zip(RandomStack.names, ports)) { first, _ in first } }

    /// Those that a command may name, whatever profiles are in force.
    var serviceNames: [String] { services.filter { !$0.value.hasProfile }.keys.sorted() }

    /// Makes one to four changes.
    mutating func edit(_ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) { change(&random) }
        if serviceNames.isEmpty { services[RandomStack.names[0]] = Service() }
        isBroken = Int.random(in: 0..<RandomStack.brokenness, using: &random) == 0
    }

    private mutating func change(_ random: inout SeededGenerator) {
        guard let name = RandomStack.names.randomElement(using: &random) else { return }
        guard var service = services[name] else { return services[name] = Service() }
        switch Int.random(in: 0..<13, using: &random) {
        case 0: return services[name] = nil
        case 1: networkRelease += 1
        case 2: service.image = service.image == "busybox" ? "busybox:latest" : "busybox"
        case 3: service.seconds += 1
        case 4: service.setting += 1
        case 5: service.replicas = Int.random(in: 0...3, using: &random)
        case 6: service.hasHooks.toggle()
        case 7: service.hasProfile.toggle()
        case 8: service.hasCheck.toggle()
        case 9: service.isPublished.toggle()
        case 10: toggle(RandomStack.networks, in: &service.networks, &random)
        case 11: toggle(RandomStack.volumes, in: &service.volumes, &random)
        default: service.waits.toggle()
        }
        services[name] = service
    }

    private func toggle(_ all: [String], in set: inout Set<String>, _ random: inout SeededGenerator) {
        guard let one = all.randomElement(using: &random) else { return }
        if set.remove(one) == nil { set.insert(one) }
    }

    var yaml: String {
        var lines = ["services:"]
        for (name, service) in services.sorted(by: { $0.key < $1.key }) { lines += yaml(name, service) }
        if isBroken {
            lines += [
                "  broken: {image: busybox, command: sh -c 'exit 3', volumes: [/junk]}",
                "  last: {image: busybox, depends_on: {broken: {condition: service_completed_successfully}}}",
            ]
        }
        lines += ["networks:"] + RandomStack.networks.map { "  \($0): {labels: {release: \"\(networkRelease)\"}}" }
        lines += ["volumes:", "  data:", "  more:"]
        return lines.joined(separator: "\n")
    }

    private func yaml(_ name: String, _ service: Service) -> [String] {
        let port = service.isPublished ? ports[name] : nil
        var lines = [
            "  \(name):", "    image: \(service.image)", "    init: true", "    command: sleep \(service.seconds)",
            "    environment: {SETTING: \"\(service.setting)\"}",
            // Two cannot have one port.
            "    scale: \(port == nil ? service.replicas : 1)",
        ]
        if let port { lines.append("    ports: [\"127.0.0.1:\(port):80\"]") }
        if service.hasHooks {
            lines += [
                "    pre_start: [{command: \"true\"}]", "    post_start: [{command: \"true\"}]",
                "    pre_stop: [{command: \"true\"}]",
            ]
        }
        if service.hasProfile { lines.append("    profiles: [extra]") }
        if service.hasCheck { lines.append("    healthcheck: {test: \"true\", interval: 1s}") }
        if !service.networks.isEmpty {
            lines.append("    networks: [\(service.networks.sorted().joined(separator: ", "))]")
        }
        if !service.volumes.isEmpty {
            lines.append("    volumes: [\(service.volumes.sorted().joined(separator: ", "))]")
        }
        let before = serviceNames.filter { $0 < name }
        if service.waits, !before.isEmpty {
            lines.append("    depends_on:")
            for other in before {
                let isChecked = services[other]?.hasCheck == true
                lines.append("      \(other): {condition: \(isChecked ? "service_healthy" : "service_started")}")
            }
        }
        return lines
    }
}
