import Synchronization
import Testing

/// Whenever `up` is killed, the next command leaves the project as it was or as it was to be, in every detail.
@Suite(.onEngine) struct KillScenarios {
    /// What the versions differ in: a network, a job, a service with a published port and hooks, replicas. `db` is the same.
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            healthcheck: {test: "test -d /data", interval: 1s}
            volumes: [data:/data]
            networks: [back]
          job:
            image: busybox
            command: sh -c 'echo ${VERSION} > /data/version'
            volumes: [data:/data]
            networks: [back]
            depends_on: {db: {condition: service_healthy}}
          api:
            image: busybox
            init: true
            command: sh -c 'echo ${VERSION} > /www/index.html; exec httpd -f -p 80 -h /www'
            volumes: [/www]
            ports: ["127.0.0.1:${PORT}:80"]
            networks: {back: {}, front: {aliases: ["api-${VERSION}"], ipv4_address: "${SUBNET}.9"}}
            healthcheck: {test: "wget -q -O /dev/null http://127.0.0.1", interval: 1s}
            pre_start: [{command: "true"}]
            post_start: [{command: "touch /hooked"}]
            pre_stop: [{command: "rm -f /hooked"}]
            depends_on:
              db: {condition: service_healthy}
              job: {condition: service_completed_successfully}
          worker:
            image: busybox
            init: true
            command: sleep infinity
            deploy: {replicas: "${WORKERS}"}
            networks: [front]
            depends_on: {api: {condition: service_healthy}}
        networks:
          front:
            ipam: {config: [{subnet: "${SUBNET}.0/24"}]}
          back:
            ipam: {config: [{subnet: "${STABLE}.0/24"}]}
        volumes:
          data:
        """

    @Test func twoHundredKillsMustEachLeaveTheProjectAsItWasOrAsItWasToBe() async throws {
        let tally = try await KillScenarios.run(
            kills: Proof.rounds(of: 200), losingState: false, [.recover, .recover, .upOld, .upNew])
        // Of a few dozen, none may hit the short time after the commit.
        guard Proof.isFull else { return }
        for ending in Killer.Ending.allCases { #expect(tally[ending] > 0, "no kill was \(ending.rawValue)") }
    }

    @Test func labelsAloneMustDoWhereTheStateIsLostWithTheKill() async throws {
        _ = try await KillScenarios.run(kills: Proof.rounds(of: 40), losingState: true, [.upOld, .upNew, .down])
    }

    /// Kills so many commands, shared out among projects of their own; counts what became of them.
    private static func run(kills: Int, losingState: Bool, _ nexts: [Killer.Next]) async throws -> Tally {
        print("kills: GANTRY_SEED=\(SeededGenerator.seed)")
        let tally = Mutex(Tally())
        try await Scenario.withSeveral(workers, compose, limit: limit) { number, scenario in
            var killer = Killer(
                scenario, number: number, port: try await Listener.freePort(), losesState: losingState)
            try await killer.learn()
            for kill in 0..<kills / workers {
                let part = (Double(kill) + .random(in: 0..<1, using: &killer.random)) / Double(kills / workers)
                let ending = try await killer.kill(at: part, then: nexts)
                tally.withLock { $0.count(ending) }
            }
            try await killer.end()
        }
        let counts = tally.withLock { $0 }
        print("kills: \(counts)")
        #expect(counts.all == kills)
        return counts
    }

    /// Enough to keep two cores busy while some commands wait.
    private static let workers = 4
    /// Many times what two hundred take on an idle machine.
    private static let limit: Duration = .seconds(1800)
}

/// How often each became of a killed command.
private struct Tally: Sendable, CustomStringConvertible {
    private var counts: [Killer.Ending: Int] = [:]

    var all: Int { counts.values.reduce(0, +) }

    subscript(ending: Killer.Ending) -> Int { counts[ending, default: 0] }

    mutating func count(_ ending: Killer.Ending) { counts[ending, default: 0] += 1 }

    var description: String {
        "\(all) kills: " + Killer.Ending.allCases.map { "\(self[$0]) \($0.rawValue)" }.joined(separator: ", ")
    }
}
