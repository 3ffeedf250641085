import ComposeExecutor
import ComposeLogs
import ComposeModel
import ComposePlanner
import ComposeState
import ComposeSupervisor
import EngineAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A command that stays in the foreground: it brings up, shows output, keeps what is up, and stops.
struct ForegroundRun {
    /// What is kept of what the command has brought up.
    enum Keeping { case nothing, untilContainersEnd, untilTold }

    let up: UpRun
    let renderer: ProgressRenderer
    let attached: AttachedRun
    let stopper: RunStopper
    let supervisor: Supervisor
    private let keeping: Keeping
    private let sink: ConsoleSink
    private let executor: Executor
    private let id = TransactionID().rawValue
    /// What the stop that is under way has to say of its own end before it is ended for it.
    private static let announcement: Duration = .milliseconds(500)

    init(
        up: UpRun, watching options: AttachedRun.Options, showingOn sink: ConsoleSink, _ renderer: ProgressRenderer,
        keeping: Keeping
    ) throws {
        let session = up.session
        var up = up
        // Of what is kept for its own sake, all ends with the run.
        if keeping != .untilTold { up.options.run = id }
        self.up = up
        self.renderer = renderer
        self.sink = sink
        self.keeping = keeping
        let say: @Sendable (String) -> Void = { standardError(renderer.lineStart + $0) }
        attached = AttachedRun(
            engine: session.engine, project: up.project.name, options: options, sink: sink,
            warn: { say("gantry: \($0)") })
        let observer = attached.observer(reportingTo: renderer)
        executor = try session.executor(project: up.project.name, limits: up.limits, observer: observer)
        stopper = RunStopper(
            engine: session.engine, executor: executor, project: up.project.name, declared: up.project,
            grace: up.options.stopGrace, run: id)
        supervisor = Supervisor(
            engine: session.engine, project: up.project, isLasting: keeping == .untilTold,
            target: KeptProject(up: up, observer: observer, renderer: renderer), stopper: stopper,
            tell: { say(SupervisionText.text($0)) })
    }

    /// - Parameters:
    ///   - ends: the signals that end it; a hangup that is none of them has the files read again.
    ///   - announce: is told what a signal brings about.
    ///   - didApply: is called when everything is up.
    /// - Throws: what `Foreground` throws.
    func run(
        endingOn ends: Set<Signal>, announce: @escaping @Sendable (StopSequence.Action) -> Void,
        didApply: @escaping @Sendable () -> Void = {}
    ) async throws -> Foreground.End {
        let signals = Signals([.interrupt, .terminate, .hangup])
        let reloads = signals.stream(of: Set([Signal.hangup]).subtracting(ends))
        let isUp = Mark()
        let foreground = Foreground(
            run: attached, keeping: keeping == .nothing ? nil : AttachedRun.Keeping(supervisor, reloads: reloads),
            stopper: stopper,
            announce: { [session = up.session] action in
                // What has not begun is not stopped, and the end of the waiting is said where it ends.
                if action != .stopGracefully || isUp.isSet || !session.isWaitingForTurn { announce(action) }
            }, leave: { _exit(Int32($0)) })
        // Output that nobody takes keeps the command when all has stopped, and there is no stop left to hurry.
        let impatience = Task { [last = signals.stream(of: ends)] in
            var first: Signal?
            var count = 0
            for await signal in last {
                first = first ?? signal
                count += 1
                guard count == StopSequence.steps else { continue }
                try? await Task.sleep(for: ForegroundRun.announcement)
                _exit(Int32((first ?? signal).exitCode))
            }
        }
        defer { impatience.cancel() }
        let end = try await renderer.displayBelowOutput {
            try await foreground.run(
                signals: signals.stream(of: ends), reportingTo: renderer,
                didApply: {
                    isUp.set()
                    didApply()
                }
            ) { observer in
                let left = try await up.apply(reportingTo: observer, showing: renderer)
                guard keeping == .untilTold else { return left }
                // The end of what lasts is far away.
                KeptProject.say(left, renderer)
                return []
            }
        }
        try await sink.flush()
        return end
    }

    /// Holds the services that the command is for, and what they need, until `body` has ended.
    func holding<Result>(_ body: () async throws -> Result) async throws -> Result {
        let living = await executor.begin(hold)
        do {
            let result = try await body()
            await executor.end(living)
            return result
        } catch {
            await executor.end(living)
            throw error
        }
    }

    /// What the run holds, so that another one's end does not take it away.
    private var hold: RunHold {
        let all = Set(up.project.services.keys)
        let named = up.options.services.isEmpty ? all : Set(up.options.services)
        return RunHold(
            id: id, holder: up.session.holder(of: up.command), named: named,
            services: up.options.withoutDependencies ? named : all)
    }
}

/// Something that has happened or not; an object, because tasks share it.
private final class Mark: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
