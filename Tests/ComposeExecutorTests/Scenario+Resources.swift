import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting

// Networks and volumes that change, move and go.
extension Scenario {
    static let resources = [
        networkChanged, networkChangedForOne, networksSwapped, networkRenamed, networkMovedToAnotherName, networkLost,
        networkWithStopped, networkAndServices, networkShared, networkWithHooks, volumeAnew, volumeAnewBesideChanges,
        volumeRenamed, unnamedVolumesRenewed,
    ]

    /// A stack on one network; `change` says how the network is declared afterwards.
    private static func network(
        _ description: String, _ services: [Service] = pair, then wanted: [Service]? = nil,
        configure: (inout Scenario) -> Void = { _ in }, change: (inout Project) -> Void
    ) -> Scenario {
        var (before, after) = (Project.shop(), Project.shop())
        for service in services { before.services[service.name] = service }
        for service in wanted ?? services { after.services[service.name] = service }
        before.networks["default"]?.ipam = .subnets(["10.1.0.0/24"])
        after.networks["default"]?.ipam = .subnets(["10.1.0.0/24"])
        change(&after)
        var scenario = Scenario(description: description, earlier: [before], wanted: after)
        scenario.replacesNetworks = true
        configure(&scenario)
        return scenario
    }

    private static let pair: [Service] = [
        .app("db") {
            $0.networks = ["default": .known(as: "store")]
        },
        .app("web") { $0.needs("db") },
    ]

    private static func other(_ project: inout Project) {
        project.networks["default"]?.ipam = .subnets(["10.2.0.0/24"])
        project.networks["default"]?.labels = ["tier": "inner"]
    }

    static let networkChanged = network("network changed", change: other)

    /// Only the dependency is asked for; the other one is on the network all the same.
    static let networkChangedForOne = network(
        "network changed for one",
        configure: {
            $0.options.services = ["db"]
            // Once the network is there, nothing tells that the other one has to follow.
            $0.isRepeatable = false
        }, change: other)

    /// Each of two networks gets the other one's addresses.
    static let networksSwapped: Scenario = {
        func project(_ first: String, _ second: String) -> Project {
            var project = Project.shop(
                .app("db") { $0.networks = ["default": nil, "back": nil] },
                .app("web") { $0.needs("db") })
            project.networks["default"]?.ipam = .subnets([first])
            project.networks["back"] = Network(key: "back", name: "shop_back")
            project.networks["back"]?.ipam = .subnets([second])
            return project
        }
        var scenario = Scenario(
            description: "networks swapped", earlier: [project("10.1.0.0/24", "10.2.0.0/24")],
            wanted: project("10.2.0.0/24", "10.1.0.0/24"))
        scenario.replacesNetworks = true
        return scenario
    }()

    static let networkRenamed = network("network renamed") { project in
        project.networks["default"]?.name = "inner"
        project.networks["default"]?.ipam = nil
    }

    /// The new one cannot be made while the old one has the addresses.
    static let networkMovedToAnotherName = network("network renamed, same addresses") {
        $0.networks["default"]?.name = "inner"
    }

    static let networkLost = network(
        "network lost",
        configure: {
            $0.prepare = { stage in
                for name in ["shop-web-1", "shop-db-1"] {
                    try await stage.engine.stopContainer(ContainerID(name), timeout: nil)
                }
                try await stage.engine.removeNetwork("shop_default")
            }
            // What is gone before is not to come back.
            $0.replacesNetworks = false
        }, change: { _ in })

    static let networkWithStopped = network(
        "network changed, one stopped",
        configure: {
            $0.options.services = ["db"]
            $0.isRepeatable = false
            $0.prepare = { try await $0.engine.stopContainer("shop-web-1", timeout: nil) }
        }, change: other)

    /// All at once: another network, another release, more of one and less of another, and one that is new.
    static let networkAndServices = network(
        "network and services changed",
        [.app("db"), .app("web") { $0.scale = 2 }, .app("worker")],
        then: [
            .app("db") { $0.environment = ["VERSION": "2"] }, .app("web") { $0.scale = 1 },
            .app("worker") { $0.scale = 2 },
            .app("cache") { $0.needs("db") },
        ], change: other)

    /// One shares the network of another, and one restarts with it.
    static let networkShared = network(
        "network changed under a shared namespace",
        [
            .app("api"),
            .app("sidecar") {
                $0.networks = [:]
                $0.networkMode = "service:api"
                $0.needs("api", restart: true)
            },
            .app("proxy") {
                $0.networks = ["edge": nil]
                $0.needs("api", restart: true)
            },
        ],
        configure: { scenario in
            scenario.earlier[0].networks["edge"] = Network(key: "edge", name: "shop_edge")
            scenario.wanted.networks["edge"] = Network(key: "edge", name: "shop_edge")
        }, change: other)

    static let networkWithHooks = network(
        "network changed, with hooks",
        [
            .app("db") {
                $0.runs(.postStart, "warm")
                $0.runs(.preStop, "drain")
            }, .app("web") { $0.needs("db") },
        ],
        configure: { $0.failsExecs = true }, change: other)

    // MARK: Volumes

    private static func volume(
        _ description: String, _ options: UpOptions = UpOptions(), version: String = "1",
        change: (inout Project) -> Void
    ) -> Scenario {
        func project(_ version: String) -> Project {
            var project = Project.shop(
                .app("db") { $0.volumes = [Mount(.volume, source: "data", target: "/data")] },
                .app("web") { $0.needs("db") },
                .app("mail") { $0.environment = ["VERSION": version] })
            project.volumes["data"] = Volume(key: "data", name: "shop_data")
            return project
        }
        var wanted = project(version)
        change(&wanted)
        return Scenario(description: description, earlier: [project("1")], wanted: wanted, options: options)
    }

    private static let agreed: UpOptions = {
        var options = UpOptions()
        options.assumesYes = true
        return options
    }()

    /// The first of the two plans that this takes: the volume goes.
    static let volumeAnew: Scenario = {
        var scenario = volume("volume made anew", agreed) { $0.volumes["data"]?.labels = ["tier": "inner"] }
        scenario.isRepeatable = false
        return scenario
    }()

    static let volumeAnewBesideChanges: Scenario = {
        var scenario = volume("volume made anew beside a change", agreed, version: "2") {
            $0.volumes["data"]?.labels = ["tier": "inner"]
        }
        scenario.isRepeatable = false
        return scenario
    }()

    static let volumeRenamed = volume("volume renamed") { $0.volumes["data"]?.name = "shop_files" }

    static let unnamedVolumesRenewed: Scenario = {
        let project = Project.shop(
            .app("db") { $0.volumes = [Mount(.volume, target: "/data"), Mount(.volume, target: "/cache")] },
            .app("web") { $0.needs("db") })
        var scenario = Scenario(description: "unnamed volumes renewed", earlier: [project], wanted: project)
        scenario.options.renewsVolumes = true
        // The fresh volumes of what was cut off are nobody's.
        scenario.isRepeatable = false
        return scenario
    }()
}

extension Network.AddressManagement {
    static func subnets(_ subnets: [String]) -> Self {
        var manager = Self()
        manager.pools = subnets.map { subnet in
            var pool = Network.AddressRange()
            pool.subnet = subnet
            return pool
        }
        return manager
    }
}

extension NetworkMembership {
    static func known(as alias: String) -> Self {
        var membership = Self()
        membership.aliases = [alias]
        return membership
    }
}
