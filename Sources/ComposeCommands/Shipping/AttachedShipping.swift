import ComposeLogs
import ComposeModel
import LogShipping
import LogSpool

/// Ships the output of a project beside a command in the foreground, where the project declares sinks and no other
/// process ships it.
actor AttachedShipping {
    private let session: CommandSession
    private var run: ShippingRun?
    private var following: Task<Void, Never>?

    /// How long the end of a run in the foreground waits for the sinks; what they do not have then is kept for the next.
    private static let drainLimit: Duration = .seconds(10)

    init(_ session: CommandSession) { self.session = session }

    /// Begins, goes over to what the project declares now, or ends where it declares no sink any more.
    ///
    /// - Throws: what is wrong with the declaration or the spool; everything goes on as it was then.
    func adopt(_ project: Project) async throws {
        let setup = try ShippingSetup.project(project)
        let hasSinks = !setup.declaration.plan.sinks.isEmpty
        if let run {
            // What was kept for sinks that are gone is given up.
            try await run.adopt(setup)
            if !hasSinks { await end() }
        } else if hasSinks {
            try await begin(setup)
        }
    }

    private func begin(_ setup: ShippingSetup) async throws {
        let run: ShippingRun
        do {
            run = try await ShippingRun.open(
                setup, spool: session.spoolPath(setup), session.shippingSurroundings(of: setup))
        } catch SpoolError.inUse {
            return standardError("gantry: The output of \(setup.subject) is shipped by another process already.")
        }
        self.run = run
        following = Task {
            do {
                try await run.follow()
            } catch is CancellationError {
                // The command has ended.
            } catch {
                standardError("gantry: The output is not shipped any more: \(error)")
            }
        }
    }

    /// Ships what the containers have written until now, for as long as they and the sinks may take, and ends.
    func end() async {
        guard let run = run.take() else { return }
        following?.cancel()
        await following?.value
        try? await run.collect(within: Self.drainLimit)
        for (sink, records) in await run.end(drainingFor: Self.drainLimit).sorted(by: { $0.key < $1.key }) {
            standardError("gantry: Log sink \(sink) does not have \(records) records yet; `gantry ship` sends them.")
        }
    }
}
