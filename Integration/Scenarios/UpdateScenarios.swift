import EngineAPI
import Testing

/// New versions of a service that goes on serving: nginx in front of two replicas, under load.
///
/// Of the version `broken` no replica becomes healthy, and of `half` only the first.
@Suite(.onEngine) struct UpdateScenarios {
    private static let stack = [
        "compose.yaml": """
        services:
          front:
            image: gantry/nginx:1
            ports: ["127.0.0.1:${PORT}:80"]
            volumes: ["./nginx.conf:/etc/nginx/conf.d/default.conf:ro"]
            depends_on: {web: {condition: service_healthy}}
            healthcheck: {test: wget -q -O /dev/null http://localhost/, interval: 1s}
          web:
            image: busybox
            init: true
            command:
              - sh
              - -c
              - |
                sleep 0.3
                case "$$VERSION" in
                  broken) ;;
                  half) mkdir /shared/half && touch /tmp/well ;;
                  *) touch /tmp/well ;;
                esac
                echo "$$VERSION" > /tmp/index.html
                httpd -f -p 8000 -h /tmp &
                # What is being answered is answered to its end.
                trap 'kill $$!; sleep 0.5' TERM
                wait
            environment: {VERSION: "${VERSION:-1}"}
            volumes: ["shared:/shared"]
            networks: {default: , back: {aliases: [store]}}
            healthcheck:
              test: test -e /tmp/well && wget -q -O /dev/null http://127.0.0.1:8000/
              interval: 1s
              retries: 2
            deploy:
              replicas: 2
              update_config: {order: start-first, monitor: 2s, max_failure_ratio: "${TOLERANCE:-0}"}
        volumes: {shared: {}}
        networks: {back: {}}
        """,
        // The names are asked for again each second; an address that is gone is passed over.
        "nginx.conf": """
        server {
            listen 80;
            location / {
                resolver 127.0.0.11 valid=1s ipv6=off;
                set $web http://web:8000;
                proxy_pass $web;
                proxy_connect_timeout 1s;
            }
        }
        """,
    ]

    /// How often the service is redeployed under load.
    private static let redeploys = 10

    private static func with(_ body: @escaping @Sendable (Scenario, _ port: Int) async throws -> Void) async throws {
        let port = try await Listener.freePort()
        try await Scenario.with(stack, environment: ["PORT": "\(port)"], alone: true) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            try await body(scenario, port)
        }
    }

    private static func version(_ version: String, of scenario: Scenario) -> Scenario {
        var scenario = scenario
        scenario.environment["VERSION"] = version
        return scenario
    }

    private static func replicas(of scenario: Scenario) async throws -> [ContainerID] {
        try await scenario.containers().filter { $0.name.contains("-web-") && $0.state.isRunning }.map(\.id).sorted {
            $0.rawValue < $1.rawValue
        }
    }

    /// Looks, at whatever happens on the engine while `body` runs, for a container that has the service's name and is not
    /// healthy: as the engine says, or as its own check does, which Gantry runs before the engine.
    private static func watchingNames(_ scenario: Scenario, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await scenario.engine.withEvents(
                    matching: EventFilter(types: ["container", "network"]), since: nil
                ) { events in
                    for try await event in events where !event.action.hasPrefix("exec") {
                        for container in try await scenario.containers() where container.name.contains("web") {
                            guard let details = try? await scenario.engine.container(container.id) else { continue }
                            let isFound = details.attachments.values.contains { $0.aliases.contains("web") }
                            guard isFound, details.state == .running, details.health != .healthy else { continue }
                            #expect(
                                try await serves(details, scenario),
                                "\(details.name) is \(details.health), after \(event.action)")
                        }
                    }
                }
            }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// Whether the container's own check succeeds, or it has gone since.
    private static func serves(_ container: ContainerDetails, _ scenario: Scenario) async throws -> Bool {
        let test = "test -e /tmp/well && wget -q -O /dev/null http://127.0.0.1:8000/"
        let check = Command(
            program: "/usr/bin/docker", arguments: ["exec", container.id.rawValue, "sh", "-c", test],
            environment: scenario.environment, folder: "/")
        if try await check.run().code == 0 { return true }
        return (try? await scenario.engine.container(container.id).state) != .running
    }

    @Test func tenRedeploysMustFailNoRequest() async throws {
        try await UpdateScenarios.with { scenario, port in
            let tally = try await LoadGenerator.whileAsking(port: port) {
                try await UpdateScenarios.watchingNames(scenario) {
                    for number in 2...(UpdateScenarios.redeploys + 1) {
                        try await UpdateScenarios.version("\(number)", of: scenario).gantry("up", "-d")
                    }
                }
            }
            #expect(tally.failures == [])
            let versions = (1...(UpdateScenarios.redeploys + 1)).map(String.init)
            #expect(Set(tally.pages.keys) == Set(versions), "\(tally.pages)")
            print("ten redeploys: \(tally.pages.values.reduce(0, +)) requests, \(tally.failures.count) failed")
        }
    }

    @Test func aBrokenVersionMustGoWhileTheOldOneServes() async throws {
        try await UpdateScenarios.with { scenario, port in
            let before = try await scenario.state()
            let tally = try await LoadGenerator.whileAsking(port: port) {
                try await UpdateScenarios.watchingNames(scenario) {
                    try await UpdateScenarios.version("broken", of: scenario).gantry("up", "-d", exits: 1)
                        .says("unhealthy")
                }
            }
            #expect(tally.failures == [])
            #expect(Array(tally.pages.keys) == ["1"])
            try await scenario.expectState(before)
        }
    }

    /// The first replica was replaced by then, and starts again beside its replacement.
    @Test func aVersionThatBreaksLaterMustGoWhileTheOldOneServes() async throws {
        try await UpdateScenarios.with { scenario, port in
            let before = try await ProjectState.observe(scenario)
            let tally = try await LoadGenerator.whileAsking(port: port) {
                try await UpdateScenarios.watchingNames(scenario) {
                    try await UpdateScenarios.version("half", of: scenario).gantry("up", "-d", exits: 1)
                        .says("web-2 is unhealthy", "the project is as it was before")
                }
            }
            #expect(tally.failures == [])
            #expect(tally.pages.keys.sorted() == ["1", "half"], "\(tally.pages)")
            #expect(try await ProjectState.observe(scenario) == before)
        }
    }

    @Test(arguments: ["up", "recover"]) func whatWasKeptMustServeUntilTheNextCommandHasDoneItsWork(next: String)
        async throws
    {
        try await UpdateScenarios.with { scenario, port in
            let before = try await ProjectState.observe(scenario)
            let tally = try await LoadGenerator.whileAsking(port: port) {
                try await UpdateScenarios.watchingNames(scenario) {
                    try await UpdateScenarios.version("half", of: scenario)
                        .gantry("up", "-d", "--no-rollback", exits: 1).says("as `--no-rollback` asks for")
                    if next == "up" {
                        try await UpdateScenarios.version("2", of: scenario).gantry("up", "-d")
                        try await UpdateScenarios.version("2", of: scenario).gantry("plan")
                    }
                }
                if next == "recover" { try await scenario.gantry("recover") }
            }
            #expect(tally.failures == [])
            #expect(tally.pages.keys.sorted() == (next == "up" ? ["1", "2", "half"] : ["1", "half"]))
            #expect(
                try await scenario.containers().filter { $0.name.contains("web") }.map(\.name).sorted()
                    == ["\(scenario.project)-web-1", "\(scenario.project)-web-2"])
            if next == "recover" { #expect(try await ProjectState.observe(scenario) == before) }
        }
    }

    @Test func aToleratedFailureMustLeaveItsReplicaAsItWas() async throws {
        try await UpdateScenarios.with { scenario, port in
            var tolerant = UpdateScenarios.version("half", of: scenario)
            tolerant.environment["TOLERANCE"] = "0.5"
            let before = try await UpdateScenarios.replicas(of: scenario)
            let command = tolerant
            let tally = try await LoadGenerator.whileAsking(port: port) {
                try await command.gantry("up", "-d").says("web-2 was not updated", "It runs as before.")
            }
            #expect(tally.failures == [])
            #expect(Set(try await UpdateScenarios.replicas(of: scenario)).intersection(before).count == 1)
            // What was not done is still to do.
            try await command.gantry("plan", exits: 2)
        }
    }

    /// However many failures are tolerated.
    @Test func anUpdateOfWhichNoReplicaWorksMustBeTakenBack() async throws {
        try await UpdateScenarios.with { scenario, port in
            let before = try await ProjectState.observe(scenario)
            var tolerant = UpdateScenarios.version("broken", of: scenario)
            tolerant.environment["TOLERANCE"] = "1"
            let command = tolerant
            let tally = try await LoadGenerator.whileAsking(port: port) {
                try await command.gantry("up", "-d", exits: 1).says("web-1 was not updated", "web-2 is unhealthy")
            }
            #expect(tally.failures == [])
            #expect(try await ProjectState.observe(scenario) == before)
            // A heading and what was brought up first.
            #expect(try await scenario.gantry("releases").output.split(separator: "\n").count == 2)
        }
    }
}
