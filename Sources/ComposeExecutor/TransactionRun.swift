import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import Synchronization

/// One run of a plan's operations: turns each into an engine call, and records it before and after.
final class TransactionRun: Sendable {
    /// nil where nothing is recorded because nothing is taken back.
    let id: TransactionID?
    let hub: EventHub
    private let executor: Executor
    private let specs: [OperationID: ResourceSpec]
    private let links: [OperationID: ContainerLinks]
    /// The starts of containers that the plan makes, by the operation that makes each.
    private let starts: [OperationID: OperationID]
    private let restartRules: [String: RestartRule]
    private let waiter: ReadinessWaiter
    private let hooks: HookRunner
    private let ranHooks = Mutex(false)
    private let lastStart = Mutex<Stopwatch?>(nil)
    private let made: Mutex<[OperationID: ContainerID]>

    private var engine: any ContainerEngine { executor.engine }

    /// Whether any hook has begun.
    var hooksRan: Bool { ranHooks.withLock { $0 } }

    /// How long ago the last container was started, nil where none was.
    var sinceLastStart: Duration? { lastStart.withLock { $0?.elapsed } }

    /// - Parameters:
    ///   - operations: all that are to be performed before the commit.
    ///   - made: containers that an earlier, interrupted run made.
    init(
        executor: Executor, id: TransactionID?, specs: [OperationID: ResourceSpec], operations: [Operation] = [],
        links: [OperationID: ContainerLinks] = [:], restartRules: [String: RestartRule] = [:],
        made: [OperationID: ContainerID] = [:]
    ) {
        self.executor = executor
        self.id = id
        self.specs = specs
        self.links = links
        starts = Dictionary(
            operations.compactMap { operation in
                guard case .startContainer(.planned(let maker, _)) = operation.action else { return nil }
                return (maker, operation.id)
            }, uniquingKeysWith: { first, _ in first })
        self.restartRules = restartRules
        self.made = Mutex(made)
        hub = EventHub(engine: executor.engine, project: executor.scope.project)
        waiter = ReadinessWaiter(
            engine: executor.engine, hub: hub,
            probes: ProbeRunner(engine: executor.engine, clock: executor.clock), clock: executor.clock,
            deadline: executor.limits.readinessDeadline)
        hooks = HookRunner(
            engine: executor.engine, clock: executor.clock, deadline: executor.limits.readinessDeadline)
    }

    /// Does one operation and tells the observer.
    ///
    /// An engine call that has begun is let finish, whatever becomes of the task, so that its outcome is known; a wait,
    /// and the watching of a hook, end with the task.
    ///
    /// - Parameter retryDelay: after which a call that failed is tried once more; nil where one attempt is all.
    func perform(_ operation: Operation, retryDelay: Duration? = nil) async throws {
        executor.observer.report(.began(operation))
        do {
            if case .awaitContainer(let container, let readiness) = operation.action {
                try await waiter.wait(
                    for: identifier(of: container), name: container.name, readiness,
                    restartedBy: operation.service.flatMap { restartRules[$0] })
            } else if case .delay(let time, _) = operation.action {
                try await executor.clock.sleep(for: time)
            } else if case .runHook(let container, let kind, _) = operation.action {
                try await runHook(operation, in: container, kind)
            } else {
                if case .startContainer(let container) = operation.action {
                    try await announce(container, service: operation.service ?? "")
                    try Task.checkCancellation()
                }
                do {
                    try await shielded { try await self.record(operation) }
                } catch {
                    guard let retryDelay else { throw error }
                    try await executor.clock.sleep(for: retryDelay)
                    try await shielded { try await self.record(operation) }
                }
            }
            executor.observer.report(.succeeded(operation))
        } catch {
            if !isInterruption(error) {
                executor.observer.report(
                    .failed(operation, reason: FailureText.sentence(error, for: operation)))
            }
            throw error
        }
    }

    /// The container that an operation is about, nil where it is about none or none was made.
    func container(of operation: Operation) -> (ContainerID, name: String)? {
        switch operation.action {
        case .startContainer(let container), .stopContainer(let container, _), .awaitContainer(let container, _),
            .announceContainer(let container), .runHook(let container, _, _):
            (try? identifier(of: container)).map { ($0, container.name) }
        default: nil
        }
    }

    /// A container of the project as its release names it, nil for one that was not made.
    func released(_ member: Plan.Member) -> Release.Container? {
        (try? identifier(of: member.handle)).map {
            Release.Container(
                service: member.service, number: member.number, name: member.handle.name, id: $0.rawValue)
        }
    }

    private func announce(_ container: ContainerHandle, service: String) async throws {
        let id = try identifier(of: container)
        if let maker = container.maker, case .container(let spec)? = specs[maker],
            spec.labels[ComposeLabels.hook] != nil
        {
            ranHooks.withLock { $0 = true }
            await executor.observer.willStartHook(id, name: container.name, service: service)
        } else {
            await executor.observer.willStart(id, name: container.name, service: service)
        }
    }

    private func runHook(_ operation: Operation, in container: ContainerHandle, _ kind: Hook.Kind) async throws {
        guard case .hook(let spec)? = specs[operation.id] else { throw MissingSpec(operation: operation) }
        let id = try identifier(of: container)
        ranHooks.withLock { $0 = true }
        do {
            try await hooks.run(spec, in: id) { [observer = executor.observer] lines in
                await observer.hookWrote(lines, in: id, name: container.name, service: operation.service ?? "")
            }
        } catch {
            // What does not run any more needs no stop, and so nothing before it.
            if kind == .preStop, !Task.isCancelled, await hasEnded(id) { return }
            throw error
        }
    }

    private func hasEnded(_ id: ContainerID) async -> Bool {
        do {
            return try await !engine.container(id).state.isRunning
        } catch {
            return (error as? EngineError)?.code == .notFound
        }
    }

    private func record(_ operation: Operation) async throws {
        guard let id else {
            _ = try await call(operation)
            return
        }
        try await executor.journal.intend(operation.id, andThen: starts[operation.id], in: id)
        let result: String?
        do {
            result = try await call(operation)
        } catch let error as EngineError where !error.isAmbiguous {
            // Taking back need not wait for what the engine has answered. Without the record it waits in vain.
            try? await executor.journal.fail(operation.id, in: id)
            throw error
        }
        try await executor.journal.complete(operation.id, result: result, in: id)
    }

    /// The engine call of an operation; returns the identifier of what it made.
    private func call(_ operation: Operation) async throws -> String? {
        switch operation.action {
        case .createNetwork:
            guard case .network(var spec)? = specs[operation.id] else { throw MissingSpec(operation: operation) }
            spec.labels.merge(labels(of: operation)) { $1 }
            return try await engine.createNetwork(spec).rawValue
        case .createVolume:
            guard case .volume(var spec)? = specs[operation.id] else { throw MissingSpec(operation: operation) }
            spec.labels.merge(labels(of: operation)) { $1 }
            return try await engine.createVolume(spec).name
        case .tryVolume(_, let trial):
            guard case .volume(var spec)? = specs[operation.id] else { throw MissingSpec(operation: operation) }
            spec.labels.merge(labels(of: operation)) { $1 }
            // One that was there already is returned as it is, and is somebody else's.
            guard try await engine.createVolume(spec).labels[ComposeLabels.transaction] == id?.rawValue else {
                throw EngineError(
                    .conflict, call: "create volume \(trial)", message: "a volume of this name is there already")
            }
            try await engine.removeVolume(trial, force: false)
        case .createContainer(let name):
            guard case .container(var spec)? = specs[operation.id] else { throw MissingSpec(operation: operation) }
            try links[operation.id]?.resolve(&spec, identifier)
            spec.labels.merge(labels(of: operation)) { $1 }
            let container = try await engine.createContainer(spec, name: name)
            made.withLock { $0[operation.id] = container }
            return container.rawValue
        case .startContainer(let container):
            let id = try identifier(of: container)
            if case .files(let files)? = specs[operation.id] { try await engine.upload(files, to: id) }
            try await engine.startContainer(id)
            lastStart.withLock { $0 = Stopwatch(executor.clock) }
        case .stopContainer(let container, let grace):
            let stop = GracefulStop(engine: engine, clock: executor.clock, observer: executor.observer)
            try await tolerateMissing {
                try await stop.stop(
                    self.identifier(of: container), operation, name: container.name, grace: grace.map { .seconds($0) })
            }
        case .removeContainer(let container, let anonymousVolumes):
            try await tolerateMissing {
                let id = try self.identifier(of: container)
                await self.executor.observer.willRemove(id)
                try await self.engine.removeContainer(id, force: true, anonymousVolumes: anonymousVolumes)
            }
        case .renameContainer(let container, let name):
            let id = try identifier(of: container)
            do {
                try await engine.renameContainer(id, to: name)
            } catch {
                // The engine refuses to give a container the name that it has; a repeated renaming finds just that.
                guard let found = try? await engine.container(id), found.name == name else { throw error }
            }
        case .retireNetwork(let network):
            try await tolerateMissing { try await self.engine.removeNetworkWithStrays(network.id) }
        case .removeNetwork(let id, _):
            let isUser = { (user: ContainerSummary) in user.state.isRunning && user.networks.values.contains(id) }
            try await tolerateMissing {
                try await StillInUse.naming(isUser, on: self.engine) {
                    try await self.engine.removeNetworkWithStrays(id)
                }
            }
        case .removeVolume(let name):
            let isUser = { (user: ContainerSummary) in user.mounts.contains { $0.name == name } }
            try await tolerateMissing {
                try await StillInUse.naming(isUser, on: self.engine) {
                    try await self.engine.removeVolume(name, force: false)
                }
            }
        case .announceContainer(let container):
            guard case .attachments(let attachments)? = specs[operation.id] else {
                throw MissingSpec(operation: operation)
            }
            try await engine.giveNames(identifier(of: container), attachments)
        case .tagImage(let image, let name):
            // What is gone already cannot be kept.
            try await tolerateMissing { try await self.engine.tagImage(image.rawValue, as: name) }
        case .untagImage(let name):
            do {
                try await tolerateMissing { try await self.engine.removeImage(name, force: false) }
            } catch let error as EngineError where error.code == .conflict {
                // A container uses it. The next release tries again.
            }
        case .awaitContainer, .delay, .runHook:
            break
        }
        return nil
    }

    /// By these labels a crash between a call and its record is found.
    private func labels(of operation: Operation) -> [String: String] {
        guard let id else { return [:] }
        return [ComposeLabels.transaction: id.rawValue, ComposeLabels.operation: operation.id.description]
    }

    private func identifier(of container: ContainerHandle) throws -> ContainerID {
        switch container {
        case .existing(let id, _): return id
        case .planned(let operation, let name):
            guard let id = made.withLock({ $0[operation] }) else {
                throw EngineError(.notFound, call: "use container \(name)", message: "The container was not created")
            }
            return id
        }
    }
}

/// A plan that lacks the configuration of what it makes.
private struct MissingSpec: Error, CustomStringConvertible {
    let operation: Operation
    var description: String { "The plan does not say how to \(operation.action.description)." }
}

/// What is to go and is not there any more is success, and so is what the engine is taking away already: a container that
/// it removes at its end.
func tolerateMissing(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as EngineError
        where error.code == .notFound
        || error.code == .conflict && error.message.contains("removal of container")
    {}
}
