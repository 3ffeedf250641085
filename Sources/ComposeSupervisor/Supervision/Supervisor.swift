import ComposeExecutor
import ComposeLogs
package import ComposeModel
import ComposePlanner
package import EngineAPI
import SinkAPI
import Synchronization

/// Keeps a project that is up as its file declares it: acts on containers that are unhealthy, end, or are removed.
///
/// What follows from what happens is decided by ``SupervisionAccount``; here it is carried out, one change at a time. It
/// serves for one run.
package final class Supervisor: Sendable {
    /// Something that people are told.
    package struct Note: Sendable, Equatable {
        /// `web-1`; nil where it is about the whole project.
        package let container: String?
        /// A sentence, to follow the container's name where there is one.
        package let text: String
        /// What the last failed probe printed.
        package var healthOutput: String?
        package var lastLines: [String] = []
    }

    /// How many messages wait for the one that keeps the account.
    private static let waitingMessages = 64

    enum Message: Sendable {
        case opened
        case broken(any Error)
        case event(EngineEvent)
        case wake(Duration)
        case reload
        case acted(Act, Outcome)
        case reloaded(Project, SupervisionRules)
        /// The project is up for the first time.
        case broughtUp
        case failed(any Error)
    }

    /// What changes the project; one at a time.
    enum Act: Sendable, Equatable {
        /// Unless it is to be stopped meanwhile; with `evenUnwanted` that was so before it ended.
        case start(LogSource, cause: String, evenUnwanted: Bool)
        case restart(LogSource, cause: String)
        case stop(LogSource, cause: String)
        case repair
        case reload

        var isStart: Bool { if case .start = self { true } else { false } }
    }

    /// How a change came out; why one failed has been said.
    enum Outcome: Sendable { case done, failed, unwanted, takenDown }

    private struct State {
        var project: Project
        var containers: Set<ContainerID> = []
        /// Whether the project is not up yet, so that its transaction has the right to change it.
        var isComingUp = false
        var isUp = false
        /// Whether that transaction is being taken back.
        var isTakenBack = false
        /// What the engine's policies were of the containers that were there before.
        var policies: [ContainerID: RestartPolicySpec] = [:]
    }

    let engine: any ContainerEngine
    /// Whether the project is kept up for its own sake, rather than for as long as its containers run.
    let isLasting: Bool
    let target: any SupervisedProject
    let stopper: RunStopper
    let clock: any Clock<Duration>
    let watch: Stopwatch
    let selection: LogSelection
    let inbox = BoundedQueue<Message>(capacity: Supervisor.waitingMessages)
    private let watching = Gate()
    private let tell: @Sendable (Note) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - isLasting: whether the project is kept up for its own sake: what is removed is brought back, and what somebody
    ///     stops is spoken of. Else it is kept for as long as its containers run.
    ///   - stopper: stops single containers.
    ///   - tell: is told what happens; must return at once.
    package init(
        engine: any ContainerEngine, project: Project, isLasting: Bool = true, target: any SupervisedProject,
        stopper: RunStopper,
        clock: any Clock<Duration> = ContinuousClock(), tell: @escaping @Sendable (Note) -> Void
    ) {
        self.engine = engine
        self.isLasting = isLasting
        self.target = target
        self.stopper = stopper
        self.clock = clock
        self.tell = tell
        watch = Stopwatch(clock)
        selection = .project(project.name)
        state = Mutex(State(project: project))
    }

    /// The project as it was last read and applied.
    package var project: Project { state.withLock { $0.project } }
    /// The containers that are kept.
    package var containers: Set<ContainerID> { state.withLock { $0.containers } }

    /// The same, those included of which no word has come yet.
    func findContainers() async -> Set<ContainerID> {
        let services = project.services
        let found = (try? await selection.list(on: engine)) ?? []
        return containers.union(found.map(\.source).filter { services[$0.service] != nil }.map(\.container))
    }

    /// Whether the project comes up, or has just done so.
    var isComingUp: Bool { state.withLock { $0.isComingUp } }

    /// Whether a fallen container may be started while the project comes up.
    var mayStart: Bool { state.withLock { !$0.isTakenBack } }

    /// Returns when nothing that happens is missed any more, or the keeping has ended.
    func waitUntilWatching() async { await watching.wait() }

    /// Nobody is to wait for a watching that does not begin.
    func didEnd() { watching.open() }

    /// The transaction that brings the project up is being taken back: nothing is started any more.
    func leaveToRollback() { state.withLock { $0.isTakenBack = true } }

    /// The project is up.
    func didBringUp() async { await inbox.send(.broughtUp) }

    /// Notes that the project is up, before anything can follow from that.
    func noteUp() { state.withLock { $0.isUp = true } }

    /// Whether the project has come up.
    var isUp: Bool { state.withLock { $0.isUp } }

    func noteTakeover(of container: ContainerID, from policy: RestartPolicySpec) {
        state.withLock { $0.policies[container] = $0.policies[container] ?? policy }
    }

    /// Gives the engine back the policies of what was there before the project was to be brought up, and was not.
    func giveBack() async {
        for (id, policy) in state.withLock({ $0.policies }) {
            try? await engine.updateContainer(id, restartPolicy: policy)
        }
    }

    /// Keeps the project until somebody takes it down.
    ///
    /// - Parameters:
    ///   - isComingUp: whether it is not up yet: until ``didBringUp()`` only what has fallen is started again.
    ///   - reloads: an element for each time that the files are to be read again.
    ///   - leavesEnded: is told, whenever it changes, which containers are left ended, each with its last run.
    /// - Throws: `CancellationError`; an `EngineError` where the engine cannot be reached at all, a
    ///   ``SupervisionProblem``.
    package func run<Reloads: AsyncSequence & Sendable>(
        isComingUp: Bool = false, reloads: Reloads,
        leavesEnded: @escaping @Sendable ([ContainerID: EngineTime]) async -> Void = { _ in }
    ) async throws where Reloads.Element: Sendable, Reloads.Failure == Never {
        var account = SupervisionAccount(rules: try SupervisionRules(project), isLasting: isLasting)
        var leftEnded: [ContainerID: EngineTime] = [:]
        if isComingUp { account.beginBringingUp() }
        state.withLock { $0.isComingUp = isComingUp }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer {
                group.cancelAll()
                inbox.finish()
            }
            group.addTask { await self.followEvents() }
            group.addTask { for await _ in reloads { await self.inbox.send(.reload) } }
            var isCut = false
            var isOpened = false
            var armed: Set<Duration> = []
            var waiting: [Act] = []
            var current: Act?
            // Those that wait to be started, and whether they were wanted when they ended.
            var wanted: [ContainerID: Bool] = [:]
            while let message = await inbox.next() {
                var actions: [SupervisionAccount.Action] = []
                switch message {
                case .opened:
                    // A connection may end without an error too.
                    if isOpened { account.lostEngine(now: watch.elapsed) }
                    if isCut { say(nil, "The engine answers again.") }
                    (isOpened, isCut) = (true, false)
                    actions = account.saw(try await sightings(), now: watch.elapsed)
                case .broken(let error):
                    account.lostEngine(now: watch.elapsed)
                    if !isCut { say(nil, "The connection to the engine broke (\(error)); waiting for the engine.") }
                    isCut = true
                case .event(let event): actions = try await self.actions(after: event, &account)
                case .wake(let time):
                    armed.remove(time)
                    actions = account.tick(now: watch.elapsed)
                case .reload: if !waiting.contains(.reload) { waiting.append(.reload) }
                case .reloaded(let project, let rules):
                    state.withLock { $0.project = project }
                    account.rules = rules
                case .broughtUp:
                    state.withLock { $0.isComingUp = false }
                    actions = account.endBringingUp(hasFailed: false, isRepair: false, now: watch.elapsed)
                    actions += account.saw(try await sightings(), isOurs: true, now: watch.elapsed)
                case .acted(let act, let outcome):
                    current = nil
                    if outcome == .takenDown {
                        say(nil, "The project was taken down, so there is nothing to keep any more.")
                        return
                    }
                    actions = try await self.actions(after: act, outcome, &account)
                case .failed(let error): throw error
                }
                waiting += try await carryOut(actions, wanted)
                if case .opened = message { watching.open() }
                let delayed = account.delayed
                wanted = wanted.filter { delayed.contains($0.key) }
                for id in delayed where wanted[id] == nil { wanted[id] = await target.isWanted(id) }
                if current == nil, let index = waiting.firstIndex(where: { $0.isStart || !self.isComingUp }) {
                    let next = waiting.remove(at: index)
                    current = next
                    if next == .repair || next == .reload { account.beginBringingUp() }
                    group.addTask { [resting = account.atRest] in await self.perform(next, resting: resting) }
                }
                state.withLock { $0.containers = Set(account.watched.keys) }
                if leftEnded != account.leftEnded {
                    leftEnded = account.leftEnded
                    await leavesEnded(leftEnded)
                }
                if let time = account.wakeUp, armed.insert(time).inserted {
                    let delay = time - watch.elapsed
                    group.addTask {
                        try? await self.clock.sleep(for: max(delay, .zero))
                        await self.inbox.send(.wake(time))
                    }
                }
            }
            try Task.checkCancellation()
        }
    }

    private func followEvents() async {
        do {
            try await EventFeed(engine: engine, filter: selection.events, clock: clock).run { error in
                await inbox.send(.broken(error))
            } _: { notice in
                switch notice {
                case .opened: await inbox.send(.opened)
                case .event(let event): await inbox.send(.event(event))
                }
            }
        } catch {
            await inbox.send(.failed(error))
        }
    }

    // MARK: Events

    private func actions(
        after event: EngineEvent, _ account: inout SupervisionAccount
    ) async throws -> [SupervisionAccount.Action] {
        guard let source = selection.source(of: event) else { return [] }
        let id = source.container
        switch event.action {
        case "start":
            guard let sighting = try await sighting(of: source) else { return [] }
            return account.started(sighting, now: watch.elapsed)
        case "die":
            guard let sighting = try await sighting(of: source) else { return [] }
            let code = event.attributes["exitCode"].flatMap(Int.init) ?? sighting.exitCode
            return account.died(sighting, code: code, at: event.time, now: watch.elapsed)
        case "update":
            return try await sighting(of: source).map { account.updated($0) } ?? []
        case "kill": account.signalled(id, with: event.attributes["signal"] ?? "", at: event.time)
        case "stop": account.stopped(id, at: event.time, now: watch.elapsed)
        case "destroy": account.destroyed(id, now: watch.elapsed)
        case "health_status: healthy": return account.changedHealth(id, .healthy, now: watch.elapsed)
        case "health_status: unhealthy": return account.changedHealth(id, .unhealthy, now: watch.elapsed)
        default: break
        }
        return []
    }

    private func actions(
        after act: Act, _ outcome: Outcome, _ account: inout SupervisionAccount
    ) async throws -> [SupervisionAccount.Action] {
        let hasFailed = outcome == .failed
        switch act {
        case .start(let source, _, _) where outcome == .unwanted:
            account.stoppedMeanwhile(source.container, now: watch.elapsed)
            return []
        case .start(let source, _, _), .restart(let source, _), .stop(let source, _):
            let isStop = if case .stop = act { true } else { false }
            return account.acted(
                on: source.container, try await sighting(of: source), hasFailed: hasFailed, isStop: isStop,
                now: watch.elapsed)
        case .repair, .reload:
            let after = account.endBringingUp(hasFailed: hasFailed, isRepair: act == .repair, now: watch.elapsed)
            return account.saw(try await sightings(), isOurs: true, now: watch.elapsed) + after
        }
    }

    // MARK: Looking

    private func sightings() async throws -> [Sighting] {
        var found: [Sighting] = []
        let list = try await patiently { try await selection.list(on: engine) } ?? []
        for container in list {
            if let sighting = try await sighting(of: container.source) { found.append(sighting) }
        }
        return found
    }

    /// nil where the container has gone.
    private func sighting(of source: LogSource) async throws -> Sighting? {
        guard let details = try await patiently({ try await engine.container(source.container) }) else {
            return nil
        }
        return Sighting(
            source: source, state: details.state, exitCode: details.exitCode, health: details.health,
            startedAt: details.startedAt, policy: details.restartPolicy)
    }

    /// Asks until the engine answers; nil where it does not know what it is asked for.
    private func patiently<Value>(_ ask: () async throws -> Value) async throws -> Value? {
        var backoff = Backoff()
        while true {
            do {
                return try await ask()
            } catch let error as EngineError where error.code == .notFound {
                return nil
            } catch let error as EngineError where error.isConnectionFailure {
                try await clock.sleep(for: backoff.next())
            }
        }
    }

    // MARK: Telling

    func say(_ source: LogSource?, _ text: String) { tell(Note(container: source?.label, text: text)) }

    func say(_ source: LogSource?, _ text: String, _ detail: SupervisionAccount.Detail) async {
        var note = Note(container: source?.label, text: text)
        if let source, detail != .none,
            let report = await ContainerReport.collect(source.container, name: source.label, from: engine)
        {
            note.healthOutput = report.probeOutput
            if detail == .lastLines { note.lastLines = report.lastLines }
        }
        tell(note)
    }
}
