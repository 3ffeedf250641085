import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeSupervisor

/// A project `shop` whose files a test can change, on an engine in memory.
final class Shop: SupervisedProject {
    let engine = InMemoryEngine()
    let executor: Executor
    /// What the files say when they are read again.
    let files: Mutex<Project>
    /// What Gantry was told to stop.
    let unwanted = Mutex<Set<ContainerID>>([])

    init(_ services: [Service]) throws {
        files = Mutex(.shop(services))
        executor = Executor(
            engine: engine, journal: Journal(try StateStore()), scope: JournalScope(engine: "memory", project: "shop"),
            // The settling of a container and the deadline of its wait are all that sleeps on it.
            clock: TestClock(advancingWhenSleeping: 2))
        engine.addImage("app")
    }

    func apply(
        _ project: Project, _ options: UpOptions, command: String, ifWanted wanted: ContainerID? = nil,
        adjust: @escaping @Sendable (ObservedState) throws -> ObservedState
    ) async throws {
        if let wanted, await !isWanted(wanted) { throw NotWanted() }
        let observed = try adjust(try await Observer(engine: engine).observe(project))
        let plan = try UpPlanner.plan(project, observed: observed, options: options)
        _ = try await executor.apply(plan, command: command)
    }

    func reload() async throws -> Project { files.withLock { $0 } }

    func isWanted(_ container: ContainerID) async -> Bool { unwanted.withLock { !$0.contains(container) } }
}

/// A supervisor that keeps a ``Shop``, on a clock that the test moves.
final class SupervisedStage: Sendable {
    let shop: Shop
    let clock = TestClock()
    let notes = Log()
    let reloads = AsyncStream.makeStream(of: Signal.self)
    let supervisor: Supervisor
    let stopper: RunStopper
    var engine: InMemoryEngine { shop.engine }

    /// Brings the project up.
    convenience init(_ services: Service...) async throws { try await self.init(services, isLasting: true) }

    init(_ services: [Service], isLasting: Bool) async throws {
        let shop = try Shop(services)
        self.shop = shop
        let project = try await shop.reload()
        stopper = RunStopper(
            engine: shop.engine, executor: shop.executor, project: "shop", declared: project, grace: nil)
        supervisor = Supervisor(
            engine: shop.engine, project: project, isLasting: isLasting, target: shop, stopper: stopper, clock: clock,
            tell: { [notes] note in notes.say([note.container, note.text].compactMap { $0 }.joined(separator: " ")) })
        try await shop.apply(project, UpOptions(), command: "up") { $0 }
    }

    /// Keeps the project while `body` runs.
    func keeping(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let keeper = Task { [supervisor, reloads] in try await supervisor.run(reloads: reloads.stream) }
        while supervisor.containers.isEmpty, !Task.isCancelled { await Task.yield() }
        do {
            try await body()
        } catch {
            Issue.record(error)
        }
        keeper.cancel()
        _ = try? await keeper.value
    }

    /// Moves the clock on when something waits for it.
    func pass(_ seconds: Int) async throws {
        try await clock.waitForSleepers(1)
        clock.advance(by: .seconds(seconds))
    }

    /// Moves the clock on, a second at a time when something waits for it, until it is so.
    func pass(until isSo: () -> Bool) async {
        while !isSo(), !Task.isCancelled {
            if clock.sleepers > 0 { clock.advance(by: .seconds(1)) }
            await Task.yield()
        }
    }

    func id(_ service: String) async throws -> ContainerID {
        try await engine.container(ContainerID("shop-\(service)-1")).id
    }

    func state(_ service: String) async -> ContainerState? {
        try? await engine.container(ContainerID("shop-\(service)-1")).state
    }

    /// How often a call was made, by its text: `start shop-web-1`.
    func count(_ call: String) -> Int { engine.calls.count { $0.description == call } }

    /// Returns when a call was made so many times.
    func waitFor(_ call: String, times: Int = 1) async {
        while count(call) < times, !Task.isCancelled { await Task.yield() }
    }

    /// Returns when a service's container does this.
    func waitFor(_ service: String, _ state: ContainerState) async {
        while await self.state(service) != state, !Task.isCancelled { await Task.yield() }
    }
}

extension Project {
    static func shop(_ services: [Service]) -> Project {
        var project = Project(name: "shop", workingDirectory: "/shop", configFiles: ["/shop/compose.yaml"])
        for service in services { project.services[service.name] = service }
        project.networks["default"] = Network(key: "default", name: "shop_default")
        return project
    }
}

extension Service {
    static func app(_ name: String, _ change: (inout Service) -> Void = { _ in }) -> Service {
        var service = Service(name: name)
        service.image = "app"
        service.networks = ["default": nil]
        change(&service)
        return service
    }

    /// With `deploy.restart_policy`.
    func restarting(_ condition: String = "on-failure", delay: Int64, attempts: Int? = nil) -> Service {
        var service = self
        var policy = Deployment.Restart()
        policy.condition = condition
        policy.delay = ComposeDuration(nanoseconds: delay * 1_000_000_000)
        policy.maximumAttempts = attempts
        service.deploy = Deployment()
        service.deploy?.restartPolicy = policy
        return service
    }

    /// With a healthcheck and `x-gantry: {on_unhealthy: {action: ..., attempts: ...}}`.
    func onUnhealthy(_ action: String, attempts: Int64 = 5) -> Service {
        var service = self
        service.healthCheck = HealthCheck(test: ["CMD", "check"])
        service.extensions["x-gantry"] = .object([
            .init(
                "on_unhealthy",
                .object([.init("action", .string(action)), .init("attempts", .int(attempts))]))
        ])
        return service
    }
}

extension Log {
    /// Returns when something was said so many times.
    func waitFor(_ word: String, times: Int) async {
        while words.count(where: { $0 == word }) < times, !Task.isCancelled { await Task.yield() }
    }

    /// Returns when something like it was said.
    func waitFor(_ matches: (String) -> Bool) async {
        while !words.contains(where: matches), !Task.isCancelled { await Task.yield() }
    }
}
