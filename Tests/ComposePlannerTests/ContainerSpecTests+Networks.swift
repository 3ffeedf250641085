import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

// Ports, networks, and what a container shares with others.
extension ContainerSpecTests {
    @Test func ports() throws {
        let spec = try spec {
            $0.ports = [
                Port(target: 80, published: "8080", hostAddress: "127.0.0.1"),
                Port(target: 53, published: "5300-5310", transport: "udp"), Port(target: 9000),
            ]
            $0.expose = ["3000", "80/tcp", "4000/udp"]
        }
        #expect(spec.exposedPorts == ["3000/tcp", "4000/udp", "53/udp", "80/tcp", "9000/tcp"])
        #expect(
            spec.portBindings == [
                PortBinding(containerPort: "80/tcp", hostAddress: "127.0.0.1", hostPort: "8080"),
                PortBinding(containerPort: "53/udp", hostPort: "5300-5310"), PortBinding(containerPort: "9000/tcp"),
            ])
    }

    @Test func networks() throws {
        let spec = try spec(also: {
            $0.networks["back"] = Network(key: "back", name: "shop_back")
            $0.networks["front"] = Network(key: "front", name: "shared")
        }) {
            var back = NetworkMembership()
            back.priority = 10
            back.aliases = ["store"]
            back.ipv4Address = "10.0.0.5"
            back.macAddress = "02:42:ac:11:00:05"
            back.gatewayPriority = 1
            $0.networks = ["front": nil, "back": back]
            $0.extraHosts = [ExtraHost(host: "db", address: "10.0.0.9")]
        }
        // The one of the highest priority is the primary one.
        #expect(spec.networkMode == "shop_back")
        #expect(
            spec.networks == [
                NetworkAttachment(
                    network: "shop_back", aliases: ["shop-web-1", "web", "store"], ipv4Address: "10.0.0.5",
                    macAddress: "02:42:ac:11:00:05", gatewayPriority: 1),
                NetworkAttachment(network: "shared", aliases: ["shop-web-1", "web"]),
            ])
        #expect(spec.extraHosts == ["db:10.0.0.9"])
        let host = try self.spec {
            $0.networks = [:]
            $0.networkMode = "host"
        }
        #expect(host.networkMode == "host")
        #expect(host.networks == [])
        #expect(try self.spec { $0.networks = [:] }.networkMode == "none")
    }

    @Test func exposedRangesAndCapabilities() throws {
        let spec = try spec {
            $0.expose = ["80-82", "90-91/udp", "nonsense"]
            $0.isolation.addedCapabilities = ["sys_admin", "CAP_SYS_ADMIN", "all"]
        }
        #expect(spec.exposedPorts == ["80/tcp", "81/tcp", "82/tcp", "90/udp", "91/udp", "nonsense"])
        #expect(spec.isolation.addedCapabilities == ["ALL", "CAP_SYS_ADMIN"])
    }

    /// On the engine's own bridge a link needs the other container, which may just be made anew.
    @Test func linksOfTheDefaultBridge() throws {
        var stage = try Planned(
            .app("db"),
            .app("web") {
                $0.needs("db")
                $0.networks = [:]
                $0.networkMode = "bridge"
                $0.macAddress = "02:42:ac:11:00:05"
                $0.links = ["db"]
            }
        ).up()
        stage.options.recreate = .always
        stage.options.services = ["db"]
        #expect(try stage.plan().summary == "1 to replace")
        stage.options.services = []
        let plan = try stage.plan()
        for (id, links) in plan.links {
            guard case .container(var spec)? = plan.specs[id] else { continue }
            links.resolve(&spec) { _ in "new" }
            #expect(spec.links == ["new:db", "new:db-1", "new:shop-db-1"])
            #expect(spec.macAddress == "02:42:ac:11:00:05")
        }
        #expect(plan.links.count == 1)
    }

    /// What names other services ends as their containers' identifiers and names.
    @Test func references() throws {
        var stage = try Planned(
            .app("db"),
            .app("web") {
                $0.needs("db")
                $0.isolation.ipc = "service:db"
                $0.isolation.pid = "service:db"
                $0.volumesFrom = ["db:ro", "container:store"]
                $0.links = ["db:store"]
                $0.externalLinks = ["old_mysql:mysql"]
            }
        ).up()
        let db = try #require(stage.observed.containers.first { $0.service == "db" }).id
        stage.options.services = ["web"]
        stage.options.recreate = .always
        let spec = try ContainerSpecTests.spec(of: stage.plan())
        #expect(spec.isolation.ipc == "container:\(db)")
        #expect(spec.isolation.pid == "container:\(db)")
        #expect(spec.volumesFrom == ["\(db):ro", "store"])
        #expect(
            spec.networks.first?.links == [
                "shop-db-1:store", "shop-db-1:db-1", "shop-db-1:shop-db-1", "old_mysql:mysql",
            ])
    }
}
