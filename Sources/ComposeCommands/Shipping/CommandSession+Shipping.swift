import ComposeLogs
import ComposeModel
import DockerEngine
import EngineAPI
import LogShipping
import LogSinks

extension CommandSession {
    /// Runs `body` while the project's output is shipped to the sinks that it declares, if it declares any.
    ///
    /// - Throws: what `body` throws; before it runs, what is wrong with the declaration or the spool.
    func shipping<Result>(
        _ project: Project, isWanted: Bool, _ body: (AttachedShipping?) async throws -> Result
    ) async throws -> Result {
        guard isWanted else { return try await body(nil) }
        let shipping = AttachedShipping(self)
        try await shipping.adopt(project)
        do {
            let result = try await body(shipping)
            await shipping.end()
            return result
        } catch {
            await shipping.end()
            throw error
        }
    }

    /// What a shipper of this command needs: the built-in sinks, and standard error for what people should know.
    ///
    /// - Throws: a `StateError`.
    func shippingSurroundings(of setup: ShippingSetup) throws -> ShippingRun.Surroundings {
        let say: @Sendable (String) -> Void = { standardError("gantry: \($0)") }
        var context = ShippingContext(
            make: SinkCatalog.make, now: { EngineTime.now() }, report: { say($0.description) })
        let registry = setup.declaration.metrics.map { _ in PrometheusRegistry() }
        if let registry { context.metrics = registry }
        var surroundings = ShippingRun.Surroundings(engine: engine, context: context, registry: registry, say: say)
        surroundings.tailFolder = try StateDirectory(environment: environment).makeSpoolFolder(
            engine: address.description, project: setup.project)
        return surroundings
    }

    /// Where the shippers of a project's containers are asked for these containers' last lines.
    func tailFolders(of project: String) -> [String] {
        let state = StateDirectory(environment: environment)
        return [project, nil].map { state.spoolPath(engine: address.description, project: $0) }
    }
}
