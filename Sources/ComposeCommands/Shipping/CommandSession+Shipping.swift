import ComposeLogs
import ComposeModel
import DockerEngine
import EngineAPI
import LogShipping
import LogSinks
import LogSpool

extension CommandSession {
    /// How long the end of a run in the foreground waits for the sinks; what they do not have then is kept for the next.
    private static let drainLimit: Duration = .seconds(10)

    /// Runs `body` while the project's output is shipped to the sinks that it declares, if it declares any.
    ///
    /// - Throws: what `body` throws; before it runs, what is wrong with the declaration or the spool.
    func shipping<Result>(
        _ project: Project, isWanted: Bool, _ body: () async throws -> Result
    ) async throws -> Result {
        guard isWanted, let run = try await openShipping(of: project) else { return try await body() }
        let following = Task {
            do {
                try await run.follow()
            } catch is CancellationError {
                // The run has ended.
            } catch {
                standardError("gantry: The output is not shipped any more: \(error)")
            }
        }
        do {
            let result = try await body()
            await end(run, following)
            return result
        } catch {
            await end(run, following)
            throw error
        }
    }

    private func openShipping(of project: Project) async throws -> ShippingRun? {
        let setup = try ShippingSetup.project(project)
        guard !setup.declaration.plan.sinks.isEmpty else { return nil }
        if setup.declaration.folder == nil { try StateDirectory(environment: environment).makeSpoolFolder() }
        do {
            return try await ShippingRun.open(setup, spool: spoolPath(setup), .of(setup, on: engine))
        } catch SpoolError.inUse {
            standardError("gantry: The output of \(setup.subject) is shipped by another process already.")
            return nil
        }
    }

    private func end(_ run: ShippingRun, _ following: Task<Void, Never>) async {
        following.cancel()
        await following.value
        // What the containers wrote at their end.
        try? await run.collect(within: Self.drainLimit)
        for (sink, records) in await run.end(drainingFor: Self.drainLimit).sorted(by: { $0.key < $1.key }) {
            standardError("gantry: Log sink \(sink) does not have \(records) records yet; `gantry ship` sends them.")
        }
    }
}

extension ShippingRun.Surroundings {
    /// Those of a command: the built-in sinks, and standard error for what people should know.
    static func of(_ setup: ShippingSetup, on engine: any ContainerEngine) -> ShippingRun.Surroundings {
        let say: @Sendable (String) -> Void = { standardError("gantry: \($0)") }
        var context = ShippingContext(
            make: SinkCatalog.make, now: { EngineTime.now() }, report: { say($0.description) })
        let registry = setup.declaration.metrics.map { _ in PrometheusRegistry() }
        if let registry { context.metrics = registry }
        return ShippingRun.Surroundings(engine: engine, context: context, registry: registry, say: say)
    }
}
