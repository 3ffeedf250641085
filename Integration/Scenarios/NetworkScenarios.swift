import EngineAPI
import EngineTesting
import Subprocess
import Synchronization
import Testing

/// Networks and volumes that change are made anew with what uses them, or everything stays as it was.
@Suite(.onEngine) struct NetworkScenarios {
    /// `web` finds `db` by an alias; `SUBNET` is the network's. `db` is healthy where the command `HEALTH` succeeds.
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            healthcheck: {test: "${HEALTH:-true}", interval: 1s, retries: 1}
            networks: {inner: {aliases: [store], ipv4_address: "${SUBNET:-10.81.0}.9"}}
          web:
            image: busybox
            init: true
            command: sleep infinity
            networks: [inner]
            depends_on: {db: {condition: service_healthy}}
        networks:
          inner:
            labels: {subnet: "${SUBNET:-10.81.0}"}
            ipam: {config: [{subnet: "${SUBNET:-10.81.0}.0/24"}]}
        """

    /// Scenarios run at the same time, and an engine has no addresses twice.
    private static let subnets = Mutex(100)

    /// Runs `body` with the stack, before and after its network gets other addresses.
    private static func withStack(
        _ body: @escaping @Sendable (_ scenario: Scenario, _ moved: Scenario) async throws -> Void
    ) async throws {
        let number = subnets.withLock { number in
            number += 2
            return number
        }
        try await Scenario.with(compose) { scenario in
            var (stack, moved) = (scenario, scenario)
            stack.environment["SUBNET"] = "10.\(number).0"
            moved.environment["SUBNET"] = "10.\(number + 1).0"
            try await body(stack, moved)
        }
    }

    private static func subnet(_ scenario: Scenario) -> String { scenario.environment["SUBNET"] ?? "" }

    /// Expects that `web` reaches `db` by its alias, at the address that the file gives it.
    private static func expectConnection(
        _ scenario: Scenario, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let web = try await scenario.container(of: "web", sourceLocation: sourceLocation).id
        var ping = try scenario.command(["exec", web.rawValue, "ping", "-c", "1", "-W", "2", "store"])
        ping.program = "/usr/bin/docker"
        let outcome = try await ping.run().exits(0, sourceLocation: sourceLocation)
        #expect(outcome.output.contains("(\(subnet(scenario)).9)"), comment, sourceLocation: sourceLocation)
    }

    /// The state without the networks' identities: one that was removed and made again is the same.
    private static func state(_ scenario: Scenario) async throws -> EngineSnapshot {
        var state = try await scenario.state()
        for index in state.containers.indices {
            let gone = state.containers[index].networks.filter { name, id in
                !state.networks.contains { $0.name == name && $0.id == id }
            }
            #expect(gone.isEmpty, "\(state.containers[index].name) is on networks that are gone: \(gone)")
            state.containers[index].networks = state.containers[index].networks.mapValues { _ in "there" }
        }
        for index in state.networks.indices { state.networks[index].id = "there" }
        return state
    }

    @Test(arguments: [[], ["web"], ["--no-deps", "web"]])
    func aChangedNetworkMustBeMadeAnewWithAllThatIsOnIt(services: [String]) async throws {
        try await NetworkScenarios.withStack { scenario, changed in
            try await scenario.gantry("up", "-d")
            try await NetworkScenarios.expectConnection(scenario)
            let up = try await changed.command(["up", "-d", "-t", "1"] + services).run()
            up.exits(0)
            #expect(try await scenario.running() == ["db", "web"], "\(up)")
            try await NetworkScenarios.expectConnection(changed)
            let networks = try await scenario.state().networks
            #expect(networks.map { $0.labels["subnet"] } == [NetworkScenarios.subnet(changed)])
            #expect(networks.map { $0.addressPools.map(\.subnet) } == [["\(NetworkScenarios.subnet(changed)).0/24"]])
            try await changed.gantry("plan")
        }
    }

    @Test func aFailingUpMustBringTheOldNetworkBackWithTheOldContainers() async throws {
        try await NetworkScenarios.withStack { scenario, changed in
            try await scenario.gantry("up", "-d")
            let before = try await NetworkScenarios.state(scenario)
            var broken = changed
            broken.environment["HEALTH"] = "false"
            let up = try await broken.gantry("up", "-d", "-t", "1", exits: 1)
            let after = try await NetworkScenarios.state(scenario)
            #expect(after == before, "\(before.difference(to: after))\n\(up)")
            try await NetworkScenarios.expectConnection(scenario)
            try await scenario.gantry("plan")
        }
    }

    @Test(arguments: [2, 4, 6, 8, 10, 12, 14, 17, 20, 23])
    func aKilledChangeMustBeTakenBackOrFinished(event: Int) async throws {
        try await NetworkScenarios.withStack { scenario, changed in
            try await scenario.gantry("up", "-d")
            let before = try await NetworkScenarios.state(scenario)
            let killed = try await InterruptionScenarios.killUp(changed, atEvent: event)
            let next = try await scenario.gantry("recover")
            let after = try await NetworkScenarios.state(scenario)
            if after == before {
                try await NetworkScenarios.expectConnection(scenario)
                try await scenario.gantry("plan")
            } else {
                let plan = try await changed.command(["plan"]).run()
                #expect(
                    plan.code == 0, "neither before nor after:\n\(before.difference(to: after))\n\(killed)\n\(next)")
                try await NetworkScenarios.expectConnection(changed)
            }
        }
    }

    @Test func aForeignContainerMustKeepItsNetwork() async throws {
        try await NetworkScenarios.withStack { scenario, changed in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            var spec = ContainerSpec(image: "busybox")
            spec.networkMode = "\(scenario.project)_inner"
            spec.networks = [NetworkAttachment(network: "\(scenario.project)_inner")]
            let guest = try await scenario.engine.createContainer(spec, name: "\(scenario.project)-guest")
            try await changed.gantry("up", "-d", exits: 1).says("\(scenario.project)-guest", "network disconnect")
            try await scenario.expectState(before)
            try await scenario.engine.removeContainer(guest, force: true, anonymousVolumes: true)
            try await changed.gantry("up", "-d", "-t", "1")
            try await NetworkScenarios.expectConnection(changed)
        }
    }

    @Test func aRenamedNetworkMustLeaveNoneBehind() async throws {
        try await NetworkScenarios.withStack { scenario, _ in
            try await scenario.gantry("up", "-d")
            // With the same addresses, so that the old one has to go first.
            let name = "\(scenario.project)_other"
            try scenario.write(
                NetworkScenarios.compose.replacing(
                    "  inner:\n    labels", with: "  inner:\n    name: \(name)\n    labels"),
                to: "compose.yaml")
            try await scenario.gantry("up", "-d", "-t", "1")
            #expect(try await scenario.state().networks.map(\.name) == [name])
            try await NetworkScenarios.expectConnection(scenario)
            try await scenario.gantry("plan")
        }
    }

    // MARK: Volumes

    private static let stored = """
        services:
          db:
            image: busybox
            init: true
            command: sh -c 'cat /data/note; cat /cache/note; exec sleep infinity'
            volumes: [data:/data, /cache]
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: [db]
        volumes:
          data: {labels: {tier: "${TIER:-one}"}}
        """

    /// Writes something into each of `db`'s volumes.
    private static func note(_ scenario: Scenario) async throws {
        let db = try await scenario.container(of: "db").id
        var write = try scenario.command(
            ["exec", db.rawValue, "sh", "-c", "echo kept-data > /data/note; echo kept-cache > /cache/note"])
        write.program = "/usr/bin/docker"
        try await write.run().exits(0)
    }

    @Test func aChangedVolumeMustKeepItsDataUntilTheUserAgrees() async throws {
        try await Scenario.with(NetworkScenarios.stored) { scenario in
            try await scenario.gantry("up", "-d")
            try await NetworkScenarios.note(scenario)
            let before = try await scenario.state()
            var changed = scenario
            changed.environment["TIER"] = "two"
            try await changed.gantry("up", "-d").says("--yes")
            try await scenario.expectState(before)
            let refused = try await changed.whileRunning("up", "-d", onTerminal: true) { running in
                try await running.waitForOutput("[y/N]")
                try await running.type("n\n")
            }
            refused.exits(0)
            try await scenario.expectState(before, "\(refused)")
            let up = try await changed.gantry("up", "-d", "-t", "1", "--yes").says("Cannot be undone")
            let after = try await scenario.state()
            #expect(after.volumes.filter { $0.labels["tier"] != nil }.map { $0.labels["tier"] } == ["two"], "\(up)")
            #expect(try await scenario.running() == ["db", "web"], "\(up)")
            #expect(try await !scenario.log(of: "db").contains("kept-data"))
            try await changed.gantry("plan")
            // It was held before, though only web is named now: it does not end with that.
            changed.environment["TIER"] = "three"
            try await changed.gantry("up", "-d", "-t", "1", "--yes", "web")
            try await changed.gantry("stop", "-t", "1", "web")
            #expect(try await scenario.running() == ["db"])
        }
    }

    /// What fails beside the volume is found out while its data are there.
    @Test func aFailureBesideAVolumeMustLoseNothing() async throws {
        try await Scenario.with(NetworkScenarios.stored) { scenario in
            try await scenario.gantry("up", "-d")
            try await NetworkScenarios.note(scenario)
            let before = try await scenario.state()
            var changed = scenario
            changed.environment["TIER"] = "two"
            try scenario.write(
                "services: {mail: {image: busybox, command: /no/such/program}}", to: "compose.override.yaml")
            try await changed.gantry("up", "-d", "-t", "1", "--yes", exits: 1)
            try await scenario.expectState(before)
        }
    }

    /// What the engine refuses of the new volume is found out while the old one is there.
    @Test(arguments: [("{driver: no-such-driver}", "no-such-driver"), ("{driver_opts: {bad: option}}", "bad")])
    func aVolumeThatCannotBeMadeMustLoseNothing(declared: String, word: String) async throws {
        try await Scenario.with(NetworkScenarios.stored) { scenario in
            try await scenario.gantry("up", "-d")
            try await NetworkScenarios.note(scenario)
            let (before, runs) = (try await scenario.state(), try await scenario.runs())
            try scenario.write("volumes: {data: \(declared)}", to: "compose.override.yaml")
            let failed = try await scenario.gantry("up", "-d", "-t", "1", "--yes", exits: 1)
            #expect(failed.error.contains("Could not try the new volume") && failed.error.contains(word), "\(failed)")
            try await scenario.expectState(before)
            #expect(try await scenario.runs() == runs)
        }
    }

    @Test func freshUnnamedVolumesMustComeOnRequestOnly() async throws {
        try await Scenario.with(NetworkScenarios.stored) { scenario in
            try await scenario.gantry("up", "-d")
            try await NetworkScenarios.note(scenario)
            try await scenario.gantry("up", "-d", "-t", "1", "--force-recreate")
            try await scenario.wait(for: "the note") { try await scenario.log(of: "db").contains("kept-cache") }
            let old = try await scenario.container(of: "db").mounts.first { $0.target == "/cache" }?.name ?? ""
            try await scenario.gantry("up", "-d", "-t", "1", "-V").says("Cannot be undone")
            let new = try await scenario.container(of: "db").mounts.first { $0.target == "/cache" }?.name
            #expect(new != old)
            try await scenario.wait(for: "the other note") { try await scenario.log(of: "db").contains("kept-data") }
            #expect(try await !scenario.log(of: "db").contains("kept-cache"))
            await #expect(throws: EngineError.self) { try await scenario.engine.volume(old) }
        }
    }
}
