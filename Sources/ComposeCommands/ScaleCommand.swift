import ArgumentParser
import ComposeModel
import ComposePlanner

/// `gantry scale`
struct ScaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Changes how many replicas services have.",
        discussion: """
            What the services depend on comes up as with `up`; when anything fails, everything is taken back. The next `up`
            goes by the files again. With a service that is to have none ends what was started only because it depends on
            it, as with `stop`.
            Example: gantry scale web=3 worker=0
            """)

    @Flag(name: .customLong("no-deps"), help: "Leave what the services depend on alone.")
    var noDependencies = false

    @Flag(
        name: .customLong("keep-deps"),
        help: "End only the replicas of the services named, not what was started only for them.")
    var keepDependencies = false

    @Argument(help: ArgumentHelp("How many replicas a service is to have: web=3.", valueName: "service=n"))
    var replicas: [String]

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        for entry in replicas { _ = try ScaleEntry(entry) }
    }

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let entries = try replicas.map { try ScaleEntry($0) }
        let services = Set(entries.map(\.service)).sorted()
        let project = try session.loadProject(services: services)
        var up = UpOptions()
        up.services = services
        up.scale = Dictionary(entries.map { ($0.service, $0.count) }) { $1 }
        up.withoutDependencies = noDependencies
        up.isLasting = true
        up.refusesEarlyExits = true
        up.noReplicaNeedsNothing = true
        try await UpRun(session: session, project: project, options: up, waitTimeout: nil, command: "scale").detached()
        let emptied = services.filter { up.scale[$0] == 0 }
        if emptied.isEmpty || keepDependencies || noDependencies { return }
        var stop = DownOptions()
        stop.services = emptied
        try await session.carryOut(project: project.name, command: "scale", isFollowUp: true) { [stop] observed in
            var observed = observed
            // A dry run has left them there.
            observed.containers.removeAll { emptied.contains($0.service) && !$0.isOneOff }
            return DownPlanner.stop(project.name, project: project, observed: observed, options: stop)
        }
    }
}

/// How many replicas a service is to have, as an argument says it: `web=3`. Of several for a service the last counts.
struct ScaleEntry: Equatable {
    let service: String
    let count: Int

    /// Throws a `ValidationError` that says what is wrong with the argument.
    init(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw ValidationError("\"\(text)\" does not say how many replicas a service is to have, as web=3 does.")
        }
        guard let count = Int(parts[1]) else {
            throw ValidationError("\"\(text)\": \"\(parts[1])\" is not a number of replicas; write \(parts[0])=3.")
        }
        guard count >= 0 else {
            throw ValidationError("\"\(text)\": there cannot be less than 0 replicas of \(parts[0]).")
        }
        (service, self.count) = (parts[0], count)
    }
}
