package import ComposeExecutor
package import ComposeLogs
package import EngineAPI
import SinkAPI
import Synchronization

/// The foreground `up`: shows what a project's containers write, from before their start until they have ended.
///
/// It serves for one run.
package final class AttachedRun: Sendable {
    /// When one container's end is to end the whole run.
    package enum Abort: Sendable { case never, firstExit, firstFailure }

    package struct Options: Sendable {
        /// The services whose output is shown; nil is all.
        package var shown: Set<String>?
        /// The services that the run lasts for; nil is those shown.
        package var monitored: Set<String>?
        package var abort = Abort.never

        package init() {}
    }

    /// How a run ended.
    package struct End: Sendable, Equatable {
        /// The ends of monitored containers, in the order in which they happened. Those after which the engine started
        /// the container again are left out, unless the run is to be aborted for an end.
        package let exits: [ContainerExit]

        /// The first container of `service` to end, or where none did the first of all: what `--exit-code-from` asks
        /// for.
        package func firstExit(of service: String) -> ContainerExit? {
            exits.first { $0.service == service } ?? exits.first
        }
    }

    /// How many messages wait for the one that keeps the account, which never waits for those who send them.
    private static let waitingMessages = 64

    enum Message: Sendable {
        case found([(source: LogSource, state: ContainerState)])
        case event(EngineEvent)
        case willStart(LogSource, Gate)
        case willStartHook(LogSource, Gate)
        case attachmentEnded(LogSource, ResumePoint, isBroken: Bool)
        case streamEnded(LogSource, ResumePoint)
        case applied
        case hold
        case detach
        /// The keeper leaves these ended, each with its last run; nil where it has ended itself.
        case kept([ContainerID: EngineTime]?)
        /// What there was after a while of quiet, and how often a container had started before it; nil where the engine
        /// did not answer.
        case looked([(source: LogSource, state: ContainerState)]?, starts: Int)
        case failed(any Error)
    }

    private struct State {
        var ranBefore: Set<ContainerID> = []
        var started: Set<ContainerID> = []
        var failure: (any Error)?
        var end = End(exits: [])
    }

    let engine: any ContainerEngine
    let project: String
    let options: Options
    let sink: ConsoleSink
    let clock: any Clock<Duration>
    let warn: @Sendable (String) -> Void
    let selection: LogSelection
    let inbox = BoundedQueue<Message>(capacity: AttachedRun.waitingMessages)
    private let state = Mutex(State())
    private let opened = Gate()
    let keepingTime = KeepingTime()

    /// - Parameter warn: is told of what can be lived with, such as a broken connection; must return at once.
    package init(
        engine: any ContainerEngine, project: String, options: Options = Options(), sink: ConsoleSink,
        clock: any Clock<Duration> = ContinuousClock(), warn: @escaping @Sendable (String) -> Void
    ) {
        self.engine = engine
        self.project = project
        self.options = options
        self.sink = sink
        self.clock = clock
        self.warn = warn
        selection = .project(project)
    }

    /// The containers that the run has started so far: what its stop has to stop. What ran before the run is none of
    /// them, though its keeper has started it again.
    package var startedContainers: Set<ContainerID> { state.withLock { $0.started } }

    /// Keeps the run from ending by itself, because containers are being stopped: until ``detach()``.
    package func holdWhileStopping() async { await inbox.send(.hold) }

    /// Ends the run though monitored containers may run still, such as those that ran before it. What the stopped ones
    /// wrote is shown to its end.
    package func detach() async { await inbox.send(.detach) }

    /// Runs `apply` while showing what containers write, and goes on showing until all monitored ones have ended.
    ///
    ///
    /// The containers that run already are shown from here on, those that `apply` starts from before their start, which
    /// its observer has to be told of. What the engine starts again is shown on.
    ///
    /// - Parameters:
    ///   - keeping: who keeps the project, from before its first change; what that starts again does not end the run. nil
    ///     is nobody.
    ///   - observer: is told everything that the observer handed to `apply` is told.
    ///   - onAbort: is called once, while the showing goes on, when ``Options/abort`` is met after `apply` has ended.
    /// - Throws: what `apply` throws; `EngineError` where the engine could not be reached at all; `OutputFailure` where
    ///   the console takes no more. Then containers run on.
    package func run<Value: Sendable>(
        keeping: Keeping? = nil, reportingTo observer: any ApplyObserver = SilentObserver(),
        onAbort: @escaping @Sendable (ContainerExit) async -> Void = { _ in },
        _ apply: (any ApplyObserver) async throws -> Value
    ) async throws -> (value: Value, end: End) {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.coordinate(keeping, onAbort) }
            await opened.wait()
            if let failure = state.withLock({ $0.failure }) { throw failure }
            async let kept: Void = keep(keeping)
            await keeping?.supervisor.waitUntilWatching()
            let value: Value
            do {
                value = try await apply(
                    AttachingObserver(run: self, next: observer, supervisor: keeping?.supervisor))
            } catch {
                await endKeeping()
                await kept
                throw error
            }
            await inbox.send(.applied)
            await keeping?.supervisor.didBringUp()
            try await group.waitForAll()
            await endKeeping()
            await kept
            try Task.checkCancellation()
            return try state.withLock { state in
                if let failure = state.failure { throw failure }
                return (value, state.end)
            }
        }
    }

    /// An observer that lets the run show what it is told of, for what stops the run's containers.
    package func observer(reportingTo next: any ApplyObserver) -> any ApplyObserver {
        AttachingObserver(run: self, next: next)
    }

    /// Attaches to a container that is about to start; returns when nothing that it writes can be missed any more, or
    /// attaching has failed.
    func willStart(_ container: ContainerID, name: String, service: String) async {
        state.withLock { if !$0.ranBefore.contains(container) { $0.started.insert(container) } }
        let gate = Gate()
        if await inbox.send(.willStart(source(container, name: name, service: service), gate)) { await gate.wait() }
    }

    /// The same for a container that is none of the run's, because it ends before a service starts.
    func willStartHook(_ container: ContainerID, name: String, service: String) async {
        let gate = Gate()
        let source = source(container, name: name, service: service, suffix: AttachedRun.hookMark)
        if await inbox.send(.willStartHook(source, gate)) { await gate.wait() }
    }

    /// Shows what a hook wrote in a container.
    func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
        guard !lines.isEmpty, options.shown?.contains(service) ?? true else { return }
        let source = source(container, name: name, service: service, suffix: AttachedRun.hookMark)
        sink.register([source])
        // Where the sink takes no more, the run learns that from the sink.
        let now = EngineTime.now()
        try? await sink.write(
            lines.map { LogRecord(source: source, stream: $0.stream, time: now, line: $0.bytes) })
    }

    /// Tells a hook's output from that of its container; Docker Compose's own.
    private static let hookMark = " ->"

    private func source(
        _ container: ContainerID, name: String, service: String, suffix: String = ""
    ) -> LogSource {
        let name = LogSelection.lastingName(of: name)
        let number = name.split(separator: "-").last.flatMap { Int($0) } ?? 0
        return LogSource(
            container: container, name: name + suffix, project: project, service: service, number: number)
    }

    func didFindRunning(_ containers: Set<ContainerID>) { state.withLock { $0.ranBefore = containers } }
    func didOpen() { opened.open() }

    func finish(_ exits: [ContainerExit], _ failure: (any Error)?) {
        state.withLock { state in
            state.end = End(exits: exits)
            state.failure = failure
        }
        inbox.finish()
        // Nobody is to wait for an attachment that nobody makes any more.
        while let message = inbox.remaining() {
            switch message {
            case .willStart(_, let gate), .willStartHook(_, let gate): gate.open()
            default: break
            }
        }
        opened.open()
    }
}

/// Attaches before each start, and passes everything on.
private struct AttachingObserver: PassingObserver {
    let run: AttachedRun
    let next: any ApplyObserver
    var supervisor: Supervisor?

    func report(_ event: ApplyEvent) {
        if case .rollingBack = event { supervisor?.leaveToRollback() }
        next.report(event)
    }

    func willStart(_ container: ContainerID, name: String, service: String) async {
        await run.willStart(container, name: name, service: service)
        await next.willStart(container, name: name, service: service)
    }

    func willStartHook(_ container: ContainerID, name: String, service: String) async {
        await run.willStartHook(container, name: name, service: service)
        await next.willStartHook(container, name: name, service: service)
    }

    func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
        await run.hookWrote(lines, in: container, name: name, service: service)
        await next.hookWrote(lines, in: container, name: name, service: service)
    }
}
