import EngineTesting
import Subprocess
import Testing

/// Whichever request to the engine breaks in whichever way, the project ends as it was or as it was to be.
@Suite(.onEngine) struct FaultScenarios {
    typealias Fault = FaultProxy.Fault

    /// `db` and `web` with a network, a volume and a dependency on health.
    private static let stack = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            healthcheck: {test: "true", interval: 1s}
            volumes: [data:/data]
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: {db: {condition: service_healthy}}
        volumes:
          data:
        """

    @Test(arguments: Fault.allCases)
    func aBrokenRequestOfAFirstUpOrOfDownMustLeaveNothingOrEverything(fault: Fault) async throws {
        try await Scenario.with(FaultScenarios.stack, limit: FaultSweep.patience) { scenario in
            let sweep = FaultSweep(
                scenario: scenario, there: .init(arguments: ["up", "-d"]),
                back: .init(arguments: ["down", "-v"], isTransaction: false))
            try await sweep.run("first up, and down -v", fault)
        }
    }

    /// Both containers are made anew; `web` holds a host port.
    private static let release = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
          web:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            ports: ["127.0.0.1:${PORT}:80"]
            depends_on: [db]
        """

    @Test(arguments: Fault.allCases)
    func aBrokenRequestOfAChangeMustLeaveTheOldReleaseOrTheNewOne(fault: Fault) async throws {
        let port = try await Listener.freePort()
        try await Scenario.with(
            FaultScenarios.release, environment: ["PORT": "\(port)"], limit: FaultSweep.patience
        ) { scenario in
            try await scenario.gantry("up", "-d")
            let sweep = FaultSweep(
                scenario: scenario, there: .init(arguments: ["up", "-d"], environment: ["RELEASE": "2"]),
                back: .init(arguments: ["up", "-d"]), isSymmetric: true)
            try await sweep.run("change of both", fault)
        }
    }

    /// The network is made anew with all that is on it.
    private static let network = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            networks: {inner: {aliases: [store], ipv4_address: "${SUBNET}.9"}}
          web:
            image: busybox
            init: true
            command: sleep infinity
            networks: {inner: {aliases: [shop]}}
            depends_on: [db]
        networks:
          inner:
            ipam: {config: [{subnet: "${SUBNET}.0/24"}]}
        """

    @Test(arguments: Fault.allCases)
    func aBrokenRequestOfANetworkChangeMustLeaveTheOldNetworkOrTheNewOne(fault: Fault) async throws {
        // Scenarios run at the same time, and an engine has no addresses twice.
        let number = 40 + 2 * (Fault.allCases.firstIndex(of: fault) ?? 0)
        try await Scenario.with(
            FaultScenarios.network, environment: ["SUBNET": "10.\(number).0"], limit: FaultSweep.patience
        ) { scenario in
            try await scenario.gantry("up", "-d")
            let sweep = FaultSweep(
                scenario: scenario,
                there: .init(arguments: ["up", "-d"], environment: ["SUBNET": "10.\(number + 1).0"]),
                back: .init(arguments: ["up", "-d"]), isSymmetric: true, replacesNetworks: true)
            try await sweep.run("network change", fault)
        }
    }

    /// A job runs before, hooks run after each start and before each stop.
    private static let hooked = """
        services:
          job: {image: busybox, command: "true"}
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: {job: {condition: service_completed_successfully}}
            post_start: [{command: "true"}]
            pre_stop: [{command: "true"}]
        """

    @Test(arguments: Fault.allCases)
    func aBrokenRequestOfScalingMustLeaveTheOldNumberOrTheNewOne(fault: Fault) async throws {
        try await Scenario.with(FaultScenarios.hooked, limit: FaultSweep.patience) { scenario in
            try await scenario.gantry("up", "-d")
            let sweep = FaultSweep(
                scenario: scenario, there: .init(arguments: ["up", "-d", "--scale", "web=2"]),
                back: .init(arguments: ["up", "-d"]))
            try await sweep.run("scaling with hooks and a job", fault)
        }
    }

    /// A killed `up` is recovered by a command that breaks, and that by one that does not.
    @Test(arguments: Fault.allCases)
    func aBrokenRecoveryMustBeRecovered(fault: Fault) async throws {
        let port = try await Listener.freePort()
        try await Scenario.with(
            FaultScenarios.release, environment: ["PORT": "\(port)"], limit: FaultSweep.patience
        ) { scenario in
            try await scenario.withProxy { behind, proxy in
                proxy.begin()
                try await behind.gantry("up", "-d")
                let before = try await scenario.stateInFull()
                var changed = behind
                changed.environment["RELEASE"] = "2"
                var (number, cases) = (1 + FaultSweep.offset(of: fault) - Proof.stride, -1)
                var broken: HTTPRequestLine?
                repeat {
                    number += Proof.stride
                    cases += 1
                    let killed = try await changed.whileRunning("up", "-d") { running in
                        try await running.waitForError("Container \(scenario.name("web"))  Starting")
                        try running.signal(.kill)
                    }
                    #expect(killed.code == nil, "\(killed)")
                    proxy.begin(breaking: number, fault)
                    let first = try await behind.command(["recover"]).run()
                    broken = try await proxy.end()
                    let last = try await behind.gantry("recover")
                    let after = try await scenario.stateInFull()
                    let comment: Comment = "\(fault) at \(number), \(broken?.description ?? ""):\n\(first)\n\(last)"
                    #expect(after == before, "\(before.difference(to: after))\n\(comment)")
                    try #require(number < 100, comment)
                } while broken != nil
                FaultSweep.count(cases, "recovery of a killed change", fault)
            }
        }
    }
}
