import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Synchronization
import Testing

/// An engine in memory, a state file, and short words for what the tests do with them.
struct Stage {
    static let scope = JournalScope(engine: "memory", project: "shop")
    /// Labels that name the transaction, and so differ from run to run.
    static let transactionLabels: Set<String> = [ComposeLabels.transaction, ComposeLabels.operation]

    let engine: InMemoryEngine
    let store: StateStore
    var clock: any Clock<Duration> = PatientClock()
    var observer: any ApplyObserver = SilentObserver()
    var limits = Executor.Limits()

    /// A new state file on an engine that has been used before.
    init(engine: InMemoryEngine) throws {
        self.engine = engine
        store = try StateStore()
    }

    init(store: StateStore? = nil, images: [String] = ["app"]) throws {
        engine = InMemoryEngine()
        self.store = try store ?? StateStore()
        for image in images { engine.addImage(image) }
        engine.addImage("job", ImageBehavior(container: ContainerBehavior(run: .exits(code: 0))))
    }

    var journal: Journal { Journal(store) }

    func executor(_ store: StateStore? = nil) -> Executor {
        Executor(
            engine: engine, journal: Journal(store ?? self.store), scope: Stage.scope, limits: limits,
            observer: observer, clock: clock)
    }

    func plan(_ project: Project, _ options: UpOptions = UpOptions()) async throws -> Plan {
        try UpPlanner.plan(project, observed: try await Observer(engine: engine).observe(project), options: options)
    }

    @discardableResult
    func up(_ project: Project, _ options: UpOptions = UpOptions()) async throws -> [Leftover] {
        try await executor().apply(try await plan(project, options), command: "up")
    }

    /// Brings up beside the test.
    func beginUp(_ project: Project) -> Task<[Leftover], any Error> { Task { [self] in try await up(project) } }

    /// Expects that bringing up fails and is taken back without a remainder.
    func failingUp(
        _ project: Project, _ options: UpOptions = UpOptions(), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ApplyFailure {
        let before = snapshot
        let error = await #expect(throws: ApplyFailure.self, sourceLocation: sourceLocation) {
            try await up(project, options)
        }
        let failure = try #require(error, sourceLocation: sourceLocation)
        await lookOnAndOn()
        #expect(failure.leftovers == [], sourceLocation: sourceLocation)
        #expect(before.difference(to: snapshot) == "", sourceLocation: sourceLocation)
        #expect(try await journal.unfinished(in: Stage.scope) == [], sourceLocation: sourceLocation)
        return failure
    }

    var snapshot: EngineSnapshot { engine.snapshot(ignoringLabels: Stage.transactionLabels) }

    /// Looks until what the engine is still at has come into force.
    func lookOnAndOn() async {
        for _ in 0...FaultSchedule.lateReads { _ = try? await engine.networks(matching: ObjectFilter()) }
    }

    /// The calls that changed something, in order.
    var changes: [String] { engine.calls.filter { $0.kind == .mutating }.map(\.description) }

    func container(_ name: String) async throws -> ContainerDetails { try await engine.container(ContainerID(name)) }
}

/// A clock for tests that do not look at time: short sleeps end at once, and long ones only with their task. So what has
/// to settle has settled, and no deadline passes.
struct PatientClock: Clock {
    private let base = ContinuousClock()
    private static let short: Duration = .seconds(10)

    var now: ContinuousClock.Instant { base.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        guard now.duration(to: deadline) > PatientClock.short else {
            await Task.yield()
            return try Task.checkCancellation()
        }
        try await base.sleep(until: deadline)
    }
}

/// What a run reported, in order.
final class EventRecorder: ApplyObserver {
    private let lines = Mutex<[String]>([])
    private let beforeStart: @Sendable (String) async -> Void

    init(beforeStart: @escaping @Sendable (String) async -> Void = { _ in }) { self.beforeStart = beforeStart }

    var events: [String] { lines.withLock { $0 } }

    func report(_ event: ApplyEvent) {
        let line: String
        switch event {
        case .pulling(let pull): line = "pulling \(pull.reference)"
        case .pullProgress: return
        case .pulled(let pull): line = "pulled \(pull.reference)"
        case .began(let operation): line = "began \(operation.action.description)"
        case .succeeded(let operation): line = "succeeded \(operation.action.description)"
        case .failed(let operation, _): line = "failed \(operation.action.description)"
        case .graceBegan: return
        case .killed(_, let stop): line = "killed \(stop.container)"
        case .withdrawn(let sentence): line = sentence
        case .committed: line = "committed"
        case .rollingBack: line = "rolling back"
        case .undoing(let operation, _): line = "undoing \(operation.action.description)"
        case .undone(let operation, _): line = "undone \(operation.action.description)"
        case .undoFailed(let operation, _, _): line = "not undone \(operation.action.description)"
        }
        lines.withLock { $0.append(line) }
    }

    func willStart(_ container: ContainerID, name: String, service: String) async {
        lines.withLock { $0.append("will start \(name)") }
        await beforeStart(name)
    }
}

extension Project {
    /// A project `shop` with a network `default`.
    static func shop(_ services: Service...) -> Project {
        var project = Project(name: "shop", workingDirectory: "/shop", configFiles: ["/shop/compose.yaml"])
        project.networks["default"] = Network(key: "default", name: "shop_default")
        for service in services { project.services[service.name] = service }
        return project
    }
}

extension Service {
    /// A service of image `app` in the default network.
    static func app(_ name: String, image: String = "app", _ configure: (inout Service) -> Void = { _ in }) -> Service {
        var service = Service(name: name)
        service.image = image
        service.networks = ["default": nil]
        configure(&service)
        return service
    }

    /// Gives the service hooks of a kind, each with this command; those that run before the start do so in image `job`.
    mutating func runs(_ kind: Hook.Kind, _ commands: String...) {
        uninterpreted[kind.rawValue] = .list(
            commands.map { command in
                var hook = CanonicalFields()
                hook.add("command", [command])
                if kind == .preStart { hook.add("image", "job") }
                return hook.object
            })
    }

    mutating func needs(_ name: String, _ condition: Dependency.Condition = .started, restart: Bool = false) {
        dependencies[name] = Dependency(condition, restart: restart)
    }
}
