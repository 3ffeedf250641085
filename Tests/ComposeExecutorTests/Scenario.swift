import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting

/// A change to a stack: what runs before, and what is asked for.
struct Scenario: Sendable, CustomStringConvertible {
    let description: String
    /// Brought up first, one after the other.
    var earlier: [Project]
    var wanted: Project
    var options = UpOptions()
    /// Whether further processes fail too: only where their number is the same in each run.
    var failsExecs = false
    /// What else happens before.
    var prepare: @Sendable (Stage) async throws -> Void = { _ in }
    /// Whether a network may be another one afterwards, with the same name, configuration and containers.
    var replacesNetworks = false
    /// Whether the same command ends the same way when the one before was cut off at any point and nothing tells of it.
    var isRepeatable = true
    /// Whether something of it fails each time and is left as it was, though the command succeeds.
    var leavesSomethingToDo = false

    /// Whether a call is one of those that fail in turn.
    func covers(_ call: EngineCall) -> Bool { call.kind == .mutating || failsExecs && call.kind == .executing }
    var scope: FaultSchedule.Scope { .calls(where: covers) }

    /// A stage on which the earlier projects are up.
    func stage() async throws -> Stage {
        let stage = try Stage()
        for project in earlier { try await stage.up(project) }
        try await prepare(stage)
        return stage
    }

    static let all = [fresh, replacement, scaling, renewal, hooks] + resources + ways + updates

    private static let check = HealthCheck(test: ["CMD", "check"])

    /// A network, a volume, and three services that wait for one another.
    static let fresh: Scenario = {
        var project = Project.shop(
            .app("db") {
                $0.healthCheck = check
                $0.volumes = [Mount(.volume, source: "data", target: "/data")]
            },
            .app("migrate", image: "job") { $0.needs("db", .healthy) },
            .app("web") {
                $0.needs("db", .healthy)
                $0.needs("migrate", .completed)
            })
        project.volumes["data"] = Volume(key: "data", name: "shop_data")
        return Scenario(description: "fresh", earlier: [], wanted: project)
    }()

    /// A service in the middle is replaced: one restarts with it, one shares its network namespace, one only needs it.
    static let replacement: Scenario = {
        func project(_ version: String) -> Project {
            .shop(
                .app("db") { $0.healthCheck = check },
                .app("api") {
                    $0.environment["VERSION"] = version
                    $0.healthCheck = check
                    $0.needs("db", .healthy)
                },
                .app("proxy") { $0.needs("api", .healthy, restart: true) },
                .app("sidecar") {
                    $0.networks = [:]
                    $0.networkMode = "service:api"
                    $0.needs("api", restart: true)
                },
                .app("worker") { $0.needs("api") })
        }
        return Scenario(description: "replacement", earlier: [project("1")], wanted: project("2"))
    }()

    /// One service grows, one shrinks, and one is no longer there.
    static let scaling: Scenario = {
        func project(web: Int, worker: Int, _ more: Service...) -> Project {
            var project = Project.shop(.app("web") { $0.scale = web }, .app("worker") { $0.scale = worker })
            for service in more { project.services[service.name] = service }
            return project
        }
        var options = UpOptions()
        options.removeOrphans = true
        return Scenario(
            description: "scaling", earlier: [project(web: 1, worker: 3, .app("old"))],
            wanted: project(web: 3, worker: 1), options: options)
    }()

    /// A service with hooks of every kind is replaced, one is started again, and one is new.
    static let hooks: Scenario = {
        func project(_ version: String, _ more: Service...) -> Project {
            var project = Project.shop(
                .app("db") {
                    $0.environment["VERSION"] = version
                    $0.runs(.preStart, "migrate", "seed")
                    $0.runs(.postStart, "warm")
                    $0.runs(.preStop, "drain")
                },
                .app("web") {
                    $0.needs("db", restart: true)
                    $0.runs(.postStart, "warm")
                    $0.runs(.preStop, "drain")
                })
            for service in more { project.services[service.name] = service }
            return project
        }
        let new = Service.app("worker") {
            $0.needs("web")
            $0.runs(.preStart, "seed")
            $0.runs(.postStart, "warm")
        }
        return Scenario(
            description: "hooks", earlier: [project("1")], wanted: project("2", new), failsExecs: true)
    }()

    /// Everything is replaced, a stopped job and unnamed volumes included.
    static let renewal: Scenario = {
        func project(_ version: String) -> Project {
            .shop(
                .app("db") {
                    $0.environment["VERSION"] = version
                    $0.volumes = [Mount(.volume, target: "/data")]
                },
                .app("seed", image: "job") {
                    $0.environment["VERSION"] = version
                    $0.needs("db")
                })
        }
        return Scenario(description: "renewal", earlier: [project("1")], wanted: project("2"))
    }()
}

extension EngineSnapshot {
    /// The snapshot with networks told apart by name rather than by identity.
    var withNamedNetworks: EngineSnapshot {
        var snapshot = self
        for index in snapshot.containers.indices {
            for (name, id) in snapshot.containers[index].networks {
                let isThere = networks.contains { $0.name == name && $0.id == id }
                snapshot.containers[index].networks[name] = isThere ? "there" : "gone"
            }
        }
        for index in snapshot.networks.indices { snapshot.networks[index].id = "there" }
        return snapshot
    }

    /// The snapshot without identities: what two runs that end alike have in common.
    var shape: String {
        let containers = containers.map { container in
            let volumes = container.mounts.map { $0.split(separator: " ").last ?? "" }.sorted().joined(separator: " ")
            let networks = container.networks.keys.sorted()
                .map { "\($0): \((container.aliases[$0] ?? []).joined(separator: ", "))" }.joined(separator: "; ")
            return "container \(container.name) \(container.activity) [\(networks)] [\(volumes)] "
                + (container.labels["io.gantry.fields"] ?? "")
        }
        let networks = networks.map { "network \($0.name) \($0.labels["com.docker.compose.config-hash"] ?? "")" }
        return (containers + networks + ["volumes \(volumes.count)"]).joined(separator: "\n")
    }
}
