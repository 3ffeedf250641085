import EngineAPI
import Testing

/// Brings a project up and down that is edited at random in between, and counts what the engine has of it.
struct Churn: Sendable {
    /// What happened.
    struct Account: Sendable, CustomStringConvertible {
        /// Commands that succeeded, and those that had to fail and left everything as it was.
        var ups = 0, takenBack = 0, downs = 0
        /// Commands that were refused, because what they would have had to move is none of their services.
        var refused = 0
        /// How often the whole project went, and nothing was left.
        var emptied = 0
        /// Containers that were seen.
        var made = 0
        /// Volumes without a name whose containers went by a command that keeps their data.
        var keptUnnamed = 0

        mutating func add(_ other: Account) {
            ups += other.ups
            takenBack += other.takenBack
            refused += other.refused
            downs += other.downs
            emptied += other.emptied
            made += other.made
            keptUnnamed += other.keptUnnamed
        }

        var description: String {
            "\(ups) up, \(takenBack) up taken back, \(refused) refused, \(downs) down, \(emptied) times nothing left, "
                + "\(made) containers; \(keptUnnamed) unnamed volumes kept by commands without -v"
        }
    }

    private(set) var account = Account()
    private var scenario: Scenario
    private var random: SeededGenerator
    private var stack: RandomStack
    private var containers: Set<String> = []
    /// The unnamed volumes that were seen and need not be gone.
    private var unnamed: Set<String> = []

    /// - Parameter number: tells apart those that run at the same time.
    init(_ scenario: Scenario, number: Int, ports: [Int]) {
        self.scenario = scenario
        random = SeededGenerator(stream: number)
        stack = RandomStack(ports: ports)
    }

    /// Edits the project and brings it up. Where it cannot come up, it must be exactly as it was.
    mutating func up() async throws {
        stack.edit(&random)
        try scenario.write(stack.yaml, to: "compose.yaml")
        scenario.environment["COMPOSE_PROFILES"] = Bool.random(using: &random) ? "extra" : nil
        // Networks that change are made again where a command is taken back.
        let replaced = Set(["back", "front"].map { "\(scenario.project)_\($0)" })
        let before = try await ProjectState.observe(scenario, replaced: replaced)
        var arguments = ["up", "-d", "-t", "1"]
        if Bool.random(using: &random) { arguments.append("--remove-orphans") }
        if Bool.random(using: &random) { arguments.append("--wait") }
        if !stack.isBroken, Int.random(in: 0..<4, using: &random) == 0 {
            arguments += [stack.serviceNames.randomElement(using: &random)].compactMap(\.self)
        }
        let outcome = try await scenario.command(arguments).run()
        let isRefused = outcome.error.contains("whose services this command leaves out")
        outcome.exits(stack.isBroken || isRefused ? 1 : 0)
        if stack.isBroken || isRefused {
            let after = try await ProjectState.observe(scenario, replaced: replaced)
            #expect(before == after, "not as it was:\n\(before.difference(to: after))\n\(outcome)\n\(stack.yaml)")
            if isRefused { account.refused += 1 } else { account.takenBack += 1 }
        } else {
            account.ups += 1
        }
        try await look()
    }

    /// Takes it down, more or less of it.
    mutating func down() async throws {
        var arguments = ["down", "-t", "1"]
        if Bool.random(using: &random) { arguments.append("-v") }
        if Bool.random(using: &random) { arguments.append("--remove-orphans") }
        if Int.random(in: 0..<4, using: &random) == 0 {
            // The file that could not come up has been brought down in part by now.
            arguments += [stack.serviceNames.randomElement(using: &random)].compactMap(\.self)
        }
        if Int.random(in: 0..<3, using: &random) == 0 { return try await empty() }
        try await scenario.command(arguments).run().exits(0)
        account.downs += 1
    }

    /// Takes all of it away, what no file declares any more included.
    private mutating func empty() async throws {
        let mounted = try await mountedUnnamed()
        var down = try scenario.command(["-p", scenario.project, "down", "-v", "--remove-orphans", "-t", "1"])
        down.folder = "/"
        let outcome = try await down.run().exits(0)
        account.downs += 1
        try await scenario.expectNothing("\(outcome)")
        let left = try await volumes().intersection(mounted)
        #expect(left.isEmpty, "unnamed volumes are left: \(left)\n\(outcome)")
        unnamed.subtract(mounted)
        try await scenario.gantry("recover", "--dry-run").says("nothing to recover")
        account.emptied += 1
    }

    /// Takes all of it away, and then what earlier commands kept because nobody asked for its end.
    mutating func end() async throws {
        try await empty()
        for name in unnamed.intersection(try await volumes()) {
            try await scenario.engine.removeVolume(name, force: false)
            account.keptUnnamed += 1
        }
    }

    private mutating func look() async throws {
        let seen = try await scenario.containers().map(\.id.rawValue)
        account.made += Set(seen).subtracting(containers).count
        containers.formUnion(seen)
        unnamed.formUnion(try await mountedUnnamed())
    }

    private func mountedUnnamed() async throws -> Set<String> {
        let mounts = try await scenario.containers().flatMap(\.mounts)
        return Set(mounts.filter { $0.type == "volume" }.compactMap(\.name).filter { !$0.hasPrefix(scenario.project) })
    }

    private func volumes() async throws -> Set<String> {
        Set(try await scenario.engine.volumes(matching: ObjectFilter()).map(\.name))
    }
}
