import FoundationEssentials
import Subprocess
import Testing

/// Kills `gantry up -d` at random instants while a project goes to and fro between two versions, and judges what the next
/// command makes of it.
struct Killer: Sendable {
    /// How a project is declared.
    enum Version: CaseIterable, Sendable {
        case first, second

        var other: Version { self == .first ? .second : .first }
    }

    /// The command that comes after a kill.
    enum Next: Sendable {
        case recover, upOld, upNew, down
    }

    /// What became of a killed command, as the next one tells.
    enum Ending: String, CaseIterable, Sendable {
        case takenBack = "taken back"
        case finished
        case nothingToDo = "nothing to do"

        init(_ next: Outcome) {
            self = [.takenBack, .finished].first { next.error.contains("was \($0.rawValue)") } ?? .nothingToDo
        }
    }

    var random: SeededGenerator
    private let first: Scenario
    private let second: Scenario
    /// Whether the state goes with the killed command.
    private let losesState: Bool
    /// The version in force, nil where there is nothing of the project.
    private var version: Version?
    /// What each version looks like that nothing disturbed, and how long and how many lines it takes to get there.
    private var known: [Version: (state: ProjectState, time: Duration, lines: Int)] = [:]

    /// - Parameters:
    ///   - number: tells apart those that run at the same time.
    ///   - port: what the project may publish.
    init(_ scenario: Scenario, number: Int, port: Int, losesState: Bool) {
        random = SeededGenerator(stream: number)
        self.losesState = losesState
        let variables = { (name: String, subnet: Int, workers: Int) in
            [
                "VERSION": name, "PORT": "\(port)", "WORKERS": "\(workers)", "SUBNET": "10.\(60 + number).\(subnet)",
                "STABLE": "10.\(60 + number).3",
            ]
        }
        var (first, second) = (scenario, scenario)
        first.environment.merge(variables("A", 1, 1)) { $1 }
        second.environment.merge(variables("B", 2, 3)) { $1 }
        (self.first, self.second) = (first, second)
    }

    /// Learns what the versions look like, and how long going from one to the other takes.
    mutating func learn() async throws {
        for version in [Version.first, .second, .first] {
            let began = ContinuousClock.now
            let lines = try await scenario(version).gantry("up", "-d").error.count { $0 == "\n" }
            let time = began.duration(to: .now)
            let state = try await observe().declared
            if let earlier = known[version]?.state {
                #expect(earlier == state, "there are two of them:\n\(earlier.difference(to: state))")
            }
            known[version] = (state, time, lines)
            self.version = version
        }
    }

    /// Brings the other version up, or the first one from nothing, and kills that at `part` of its way: of its usual time, or
    /// of what it has to tell and a moment more, which finds the short time after the commit on a machine of any speed.
    /// Then one of `nexts` comes, and the project must be wholly what it was or what it was to be.
    mutating func kill(at part: Double, then nexts: [Next]) async throws -> Ending {
        let (old, new) = (version, version?.other ?? .first)
        let before = try await observe()
        let usual = known[new, default: (before, .zero, 0)]
        let killed =
            if Bool.random(using: &random) {
                try await scenario(new).killUp(afterLines: 0, and: usual.time * part)
            } else {
                try await scenario(new).killUp(
                    afterLines: Int(Double(usual.lines) * part),
                    and: usual.time / max(usual.lines, 1) * Double.random(in: 0..<1, using: &random))
            }
        if losesState {
            try? FileManager.default.removeItem(atPath: scenario(new).stateFolder)
            // A look at a container waits for the start that the engine may be at, and which holds its port already.
            _ = try? await observe()
        }
        let next = try #require(nexts.filter { $0 != .upOld || old != nil }.randomElement(using: &random))
        let outcome = try await run(next, old, new)
        // What the engine still does for a killed command, only the journal tells of.
        if losesState { _ = try await run(next, old, new) }
        let comment: Comment =
            "killed at \(part) on the way from \(old.map { "\($0)" } ?? "nothing") to \(new): \(killed)\n\(outcome)"
        version = try await judge(before, from: old, to: new, after: next, Ending(outcome), comment)
        try await expectInForce(comment)
        // Now and then everything begins anew.
        if version != nil, Int.random(in: 0..<10, using: &random) == 0 {
            try await end(comment)
        }
        return Ending(outcome)
    }

    private func run(_ next: Next, _ old: Version?, _ new: Version) async throws -> Outcome {
        switch next {
        case .recover: try await scenario(new).gantry("recover")
        case .upOld: try await scenario(old ?? new).gantry("up", "-d")
        case .upNew: try await scenario(new).gantry("up", "-d")
        case .down: try await scenario(new).gantry("down", "-v", "-t", "1")
        }
    }

    /// Takes the project down; nothing of it may be left.
    mutating func end(_ comment: Comment? = nil) async throws {
        try await scenario(version ?? .first).gantry("down", "-v", "-t", "1")
        try await scenario(.first).expectNothing(comment)
        version = nil
    }

    /// - Returns: the version that is in force.
    private func judge(
        _ before: ProjectState, from old: Version?, to new: Version, after next: Next, _ ending: Ending,
        _ comment: Comment
    ) async throws -> Version? {
        let after = try await observe()
        if next == .down {
            #expect(after.isEmpty, "this is left:\n\(after)\n\(comment)")
            return nil
        }
        if !before.isEmpty {
            #expect(after.identities(of: "db") == before.identities(of: "db"), "db was touched: \(comment)")
        }
        // It is exactly as it was where nothing of the new version ever came into force.
        let isRestored = next == .recover && ending != .finished || next == .upOld && ending == .takenBack
        if isRestored, after == before { return old }
        let end = next == .upOld ? old : new
        let wanted = end.flatMap { known[$0]?.state } ?? ProjectState(facts: [:])
        let mayDiffer = ending == .takenBack && next != .upNew
        #expect(
            after.declared == wanted && !mayDiffer,
            """
            neither before nor after. Before:
            \(before.difference(to: after))
            After:
            \(wanted.difference(to: after.declared))
            \(comment)
            """)
        return end
    }

    /// Expects that the version serves, that Gantry finds nothing to do, and that nothing is open.
    private func expectInForce(_ comment: Comment) async throws {
        let present = scenario(version ?? .first)
        try await present.gantry("recover", "--dry-run").says("nothing to recover")
        guard let version else { return }
        try await present.gantry("plan")
        let served = try? await page(Int(present.environment["PORT"] ?? "") ?? 0)
        #expect(served == "\(present.environment["VERSION"] ?? "")\n", "\(version) does not serve: \(comment)")
    }

    private func scenario(_ version: Version) -> Scenario { version == .first ? first : second }

    private func observe() async throws -> ProjectState {
        let any = scenario(.first)
        return try await ProjectState.observe(any, replaced: ["\(any.project)_front"])
    }
}

extension Scenario {
    /// Runs `gantry up -d` and kills it when it has told so many lines and `time` is over, unless it has ended by then.
    func killUp(afterLines lines: Int, and time: Duration) async throws -> Outcome {
        try await whileRunning("up", "-d") { running in
            await withThrowingTaskGroup { group in
                group.addTask {
                    try await running.transcript.wait(for: "line \(lines)") { written in
                        written.error.count { $0 == "\n" } >= lines
                    }
                    // The instant itself is what is tried here, so nothing can tell of it but a clock.
                    try await Task.sleep(for: time)
                    try running.signal(.kill)
                }
                group.addTask { try await running.transcript.wait(for: "its end") { _ in false } }
                _ = await group.nextResult()
                group.cancelAll()
            }
        }
    }
}
