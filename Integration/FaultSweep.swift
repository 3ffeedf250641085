import EngineAPI
import EngineTesting
import Synchronization
import Testing

/// Two commands that move a project between two states, and every request of theirs, broken one after the other.
///
/// A command that fails leaves the state for the next case, and one that succeeds leaves the other state for the command
/// in the other direction. So no case needs a preparation.
struct FaultSweep: Sendable {
    /// A command that makes a state of the other one.
    struct Move: Sendable {
        var arguments: [String]
        var environment: [String: String] = [:]
        /// Whether it takes back what it did when it fails. The others go on and say what is left.
        var isTransaction = true
    }

    let scenario: Scenario
    let there: Move
    let back: Move
    /// Whether the two moves ask the same of the engine, so that the second need not be swept as well.
    var isSymmetric = false
    /// Whether a network may be another one afterwards, with the same name, configuration and containers.
    var replacesNetworks = false

    /// More requests than any of the commands makes.
    private static let limit = 150
    /// How long a sweep may last: a hundred cases and more, on a busy machine.
    static let patience: Duration = .seconds(600)
    private static let total = Mutex(0)

    /// Adds to the account of all sweeps, and prints it.
    static func count(_ cases: Int, _ title: String, _ fault: FaultProxy.Fault) {
        let total = total.withLock { total in
            total += cases
            return total
        }
        print("\(title), \(fault.rawValue): \(cases) requests broken, \(total) cases so far")
    }

    /// How many requests at the beginning a fault leaves out, where not every one is broken.
    static func offset(of fault: FaultProxy.Fault) -> Int {
        (FaultProxy.Fault.allCases.firstIndex(of: fault) ?? 0) % Proof.stride
    }

    /// Runs all cases of a fault.
    func run(_ title: String, _ fault: FaultProxy.Fault) async throws {
        try await scenario.withProxy { behind, proxy in
            let moves = [there, back]
            var shapes: [String] = []
            // The first move and back, unbroken: what is there afterwards is what has to be there in every case.
            for move in moves {
                try await command(move, behind).run().exits(0)
                shapes.append(try await look().shape)
            }
            let first = 1 + FaultSweep.offset(of: fault)
            var (counts, isDone, side, cases) = ([first, first], [false, isSymmetric], 0, 0)
            while isDone.contains(false) {
                let move = moves[side]
                let sweep = isSymmetric ? 0 : side
                let before = try await look()
                if isDone[sweep] { proxy.begin() } else { proxy.begin(breaking: counts[sweep], fault) }
                let outcome = try await command(move, behind).run()
                let broken = try await proxy.end()
                let comment = "\(fault) at \(counts[sweep]), \(broken?.description ?? "not reached"): \(outcome)"
                if try await check(fault, move, outcome, before, shapes[side], behind, "\(comment)") { side = 1 - side }
                if broken != nil {
                    counts[sweep] += Proof.stride
                    cases += 1
                } else {
                    isDone[sweep] = true
                }
                try #require(counts[sweep] < FaultSweep.limit, "the command makes ever more requests")
            }
            FaultSweep.count(cases, title, fault)
        }
    }

    /// Expects the state before or the one that is wanted. Returns whether it is the latter.
    private func check(
        _ fault: FaultProxy.Fault, _ move: Move, _ outcome: Outcome, _ before: EngineSnapshot, _ wanted: String,
        _ behind: Scenario, _ comment: Comment
    ) async throws -> Bool {
        var after = try await look()
        guard outcome.code == 0 else {
            outcome.exits(1)
            if outcome.error.contains("Not everything could be taken back") {
                // It cannot take back what it cannot reach, nor know what the engine is still at.
                #expect(fault == .unreachable, comment)
                let recovery = try await behind.gantry("recover")
                after = try await look()
                #expect(after == before, "\(before.difference(to: after))\n\(comment)\n\(recovery)")
                return false
            }
            if after == before { return false }
            #expect(!move.isTransaction, "not as it was:\n\(before.difference(to: after))\n\(comment)")
            outcome.says("Repeat")
            try await command(move, behind).run().exits(0)
            after = try await look()
            #expect(after.shape == wanted, comment)
            return true
        }
        if after.shape != wanted {
            // What could not be tidied up the next command does, and it leaves alone what runs.
            outcome.says("Not tidied up")
            let running = after.containers.filter { $0.activity == "running" }.map(\.id)
            let next = try await command(move, behind).run().exits(0)
            after = try await look()
            let stillRunning = after.containers.filter { $0.activity == "running" }.map(\.id)
            #expect(Set(stillRunning) == Set(running), "\(comment)\n\(next)")
        }
        #expect(after.shape == wanted, "not as wanted:\n\(after.shape)\n-- but\n\(wanted)\n\(comment)")
        return true
    }

    private func command(_ move: Move, _ scenario: Scenario) throws -> Command {
        var command = try scenario.command(move.arguments)
        command.environment.merge(move.environment) { $1 }
        return command
    }

    private func look() async throws -> EngineSnapshot {
        let state = try await scenario.stateInFull()
        return replacesNetworks ? state.withNamedNetworks : state
    }
}

extension Scenario {
    /// Runs `body` with a scenario whose commands reach the engine through a proxy.
    func withProxy(_ body: (_ behind: Scenario, FaultProxy) async throws -> Void) async throws {
        let socket = "\(folder)/engine.sock"
        let engine = try #require(TestBed.engineHost?.split(separator: "unix://").first.map(String.init))
        try await FaultProxy.with(path: socket, engine: engine) { proxy in
            var behind = self
            behind.environment["DOCKER_HOST"] = "unix://\(socket)"
            try await body(behind, proxy)
        }
    }

    /// The state with each container's names and addresses in its networks, as they were asked for.
    ///
    /// A container that goes meanwhile makes it look again: an engine whose connections were cut goes on with what it was
    /// asked for.
    func stateInFull() async throws -> EngineSnapshot {
        while true {
            do {
                return try await stateAtOnce()
            } catch let error as EngineError where error.code == .notFound {
                // A scenario has a deadline, and no more containers can go than there are.
                try Task.checkCancellation()
            }
        }
    }

    private func stateAtOnce() async throws -> EngineSnapshot {
        var state = try await state()
        for index in state.containers.indices {
            let attachments = try await engine.container(state.containers[index].id).attachments
            state.containers[index].aliases = attachments.mapValues { attachment in
                (attachment.aliases + [attachment.ipv4Address].compactMap(\.self)).sorted()
            }
        }
        return state
    }
}

extension EngineSnapshot {
    /// The snapshot with networks told apart by name rather than by identity: one that was removed and made again is the
    /// same.
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

    /// What two runs that end alike have in common: all but identities, and the labels that name a transaction.
    var shape: String {
        var snapshot = withNamedNetworks
        for index in snapshot.containers.indices {
            let id = snapshot.containers[index].id.short
            snapshot.containers[index].id = "there"
            snapshot.containers[index].labels = EngineSnapshot.lasting(snapshot.containers[index].labels)
            snapshot.containers[index].aliases = snapshot.containers[index].aliases.mapValues { names in
                names.filter { $0 != id }
            }
        }
        for index in snapshot.networks.indices {
            snapshot.networks[index].labels = EngineSnapshot.lasting(snapshot.networks[index].labels)
        }
        for index in snapshot.volumes.indices {
            snapshot.volumes[index].labels = EngineSnapshot.lasting(snapshot.volumes[index].labels)
        }
        return snapshot.description
    }

    private static func lasting(_ labels: [String: String]) -> [String: String] {
        labels.filter { !["io.gantry.transaction", "io.gantry.operation"].contains($0.key) }
    }
}
