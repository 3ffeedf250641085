import EngineTesting
import Subprocess
import Testing

/// A command that only shows sends the engine nothing that may change anything, as counted between the two.
@Suite(.onEngine) struct DryRunScenarios {
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            healthcheck: {test: "true", interval: 1s}
            environment: {RELEASE: "${RELEASE:-1}"}
            volumes: [data:/data, /cache]
            post_start: [{command: "true"}]
            pre_stop: [{command: "true"}]
          web:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            healthcheck: {test: "test ${RELEASE:-1} != 3", interval: 600s}
            networks: [inner]
            depends_on: {db: {condition: service_healthy}}
        networks:
          inner: {labels: {release: "${RELEASE:-1}"}}
        volumes:
          data: {labels: {release: "${RELEASE:-1}"}}
        """

    /// What follows the name of a command; one that is not here is run with its name alone.
    private static let arguments: [String: [[String]]] = [
        "up": [
            [], ["-d"], ["--wait", "web"], ["--force-recreate"], ["-V"], ["--yes"], ["--scale", "web=3"],
            ["--remove-orphans"], ["--no-start"],
        ],
        "down": [[], ["-v"], ["web"], ["--remove-orphans"]], "stop": [[], ["web"]], "start": [[], ["--wait"]],
        "rollback": [[], ["1"]], "recover": [[], ["--all"]], "supervise": [[], ["--print-unit"]],
        "run": [["db", "true"], ["--rm", "-d", "web"]], "scale": [["web=2"], ["web=0", "db=2"]],
        "restart": [[], ["web"]],
        "ps": [[], ["-a"]], "explain": [["web.image"]], "report": [["--list"]],
        "ship": [["--sink", "file:./shipped.jsonl"], ["--once", "--sink", "sqlite:./shipped.db", "web"]],
        "sink": [[]],
    ]

    /// Every command that there is, as one that changes nothing.
    private static func dryRuns(_ scenario: Scenario) async throws -> [[String]] {
        let help = try await scenario.gantry("--help").output
        let list = help[(try #require(help.firstRange(of: "SUBCOMMANDS:\n"))).upperBound...]
        let names = list.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.filter {
            $0.hasPrefix("  ") && !$0.hasPrefix("   ")
        }
        .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(Set(arguments.keys).isSubset(of: names), "\(names)")
        return names.flatMap { name in (arguments[name] ?? [[]]).map { [name, "--dry-run"] + $0 } }
    }

    /// Runs each and expects that it asks for no change and makes none.
    ///
    /// - Parameter codes: how they may end.
    private static func expectNoChange(
        _ behind: Scenario, _ proxy: FaultProxy, ending codes: Set<Int32>
    ) async throws {
        let (before, runs) = (try await behind.stateInFull(), try await behind.runs())
        var (commands, requests) = (0, 0)
        for arguments in try await dryRuns(behind) {
            proxy.begin()
            let outcome = try await behind.command(arguments).run()
            #expect(outcome.code.map(codes.contains) == true, "\(outcome)")
            // No request with another method than these only reads, so there are no exceptions to name.
            let mutating = proxy.requests.filter(\.isMutating)
            #expect(mutating.isEmpty, "\(mutating) by \(outcome)")
            (commands, requests) = (commands + 1, requests + proxy.requests.count)
        }
        #expect(requests > commands, "the commands did not come by the proxy")
        #expect(try await behind.stateInFull() == before)
        #expect(try await behind.runs() == runs)
        print("\(commands) commands that only show: \(requests) requests, none of which may change anything")
    }

    @Test func whatOnlyShowsMustChangeNothingWhereThereIsNothing() async throws {
        try await Scenario.with(DryRunScenarios.compose) { scenario in
            try await scenario.withProxy { behind, proxy in
                try await DryRunScenarios.expectNoChange(behind, proxy, ending: [0, 1, 2])
            }
        }
    }

    @Test func whatOnlyShowsMustChangeNothingThatRunsOrWasLeftOpen() async throws {
        try await Scenario.with(DryRunScenarios.compose) { scenario in
            try await scenario.withProxy { behind, proxy in
                for release in ["1", "2"] {
                    var changed = behind
                    changed.environment["RELEASE"] = release
                    proxy.begin()
                    try await changed.gantry("up", "-d", "--yes", "-t", "1")
                    #expect(proxy.requests.count(where: \.isMutating) > 0)
                }
                try await behind.gantry("stop", "web")
                // Much is to be done now: a release to go back to, a network and a volume to be made anew.
                try await DryRunScenarios.expectNoChange(behind, proxy, ending: [0, 2])

                try await behind.gantry("up", "-d", "--yes", "-t", "1")
                var unready = behind
                unready.environment["RELEASE"] = "3"
                let killed = try await unready.whileRunning("up", "-d", "--wait", "-t", "1") { running in
                    try await running.waitForError("Container \(scenario.name("web"))  Waiting")
                    try running.signal(.kill)
                }
                #expect(killed.code == nil, "\(killed)")
                try await DryRunScenarios.expectNoChange(behind, proxy, ending: [0, 1, 2])
            }
        }
    }
}
