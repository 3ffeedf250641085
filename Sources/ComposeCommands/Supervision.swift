import ComposeExecutor
import ComposeLoader
import ComposeLogs
import ComposeModel
import ComposePlanner
import ComposeSupervisor
import EngineAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `supervise`: brings the project up, keeps it, shows output, and stops it when it is told to end.
struct Supervision {
    let up: UpRun
    let showsLogs: Bool

    private static func text(_ action: StopSequence.Action) -> String? {
        switch action {
        case .stopGracefully: "gantry: Stopping what is kept; another signal kills it."
        case .kill: "gantry: Killing it; one more signal leaves at once."
        case .leave: "gantry: Leaving. `gantry ps` shows what still runs."
        case .end: nil
        }
    }

    /// - Throws: `CommandExit` with the code that the command is to end with, unless that is 0.
    func run() async throws {
        let session = up.session
        let renderer = up.renderer(session.progressMode == .auto ? .plain : session.progressMode)
        let format = LogFormat(hasColors: session.terminal.colorsOutput)
        let sink = ConsoleSink(format, to: TerminalWriter(policy: .wait), separatesErrors: true)
        let attached = AttachedRun(
            engine: session.engine, project: up.project.name, options: showing, sink: sink,
            // The supervisor says that itself, once for each time that the engine goes.
            warn: { if !$0.hasPrefix("The connection to the engine broke") { standardError("gantry: \($0)") } })
        let observer = attached.observer(reportingTo: renderer)
        let stopper = RunStopper(
            engine: session.engine,
            executor: try session.executor(project: up.project.name, limits: up.limits, observer: observer),
            project: up.project.name, declared: up.project, grace: up.options.stopGrace)
        let supervisor = Supervisor(
            engine: session.engine, project: up.project, target: KeptProject(up: up, observer: observer),
            stopper: stopper, tell: { standardError(SupervisionText.text($0)) })
        let run = SupervisedRun(attached: attached, supervisor: supervisor, stopper: stopper) { action in
            if action == .stopGracefully { SystemdNotification.send("STOPPING=1", session.environment) }
            if let text = Self.text(action) { standardError(text) }
        } leave: { code in
            _exit(Int32(code))
        }
        let signals = Signals([.interrupt, .terminate, .hangup])
        do {
            let end = try await run.run(
                signals: signals.stream(of: [.interrupt, .terminate]), reloads: signals.stream(of: [.hangup]),
                reportingTo: renderer
            ) { observer in
                KeptProject.say(try await up.apply(reportingTo: observer, showing: renderer))
            } didBringUp: {
                standardError("gantry: Project \(up.project.name) is up and is kept so.")
                SystemdNotification.send("READY=1", session.environment)
            }
            try await RestartTakeover.restore(supervisor.project, on: session.engine)
            try await sink.flush()
            for leftover in end.leftovers { standardError("gantry: Left behind: " + LeftoverText.text(leftover)) }
            if !end.leftovers.isEmpty { throw CommandExit.failure }
            try exit(after: end.signal)
        } catch let interruption as Foreground.Interrupted {
            try exit(after: interruption.signal)
        }
    }

    /// A service manager's SIGTERM is how a supervisor ends in order.
    private func exit(after signal: Signal?) throws {
        if let signal, signal != .terminate { throw CommandExit(rawValue: Int32(signal.exitCode)) }
    }

    private var showing: AttachedRun.Options {
        var options = AttachedRun.Options()
        options.shown =
            showsLogs ? Set(up.project.services.values.filter { $0.attach != false }.map(\.name)) : []
        options.monitored = Set(up.project.services.keys)
        return options
    }
}

/// The project of a supervisor, on the session's engine.
private struct KeptProject: SupervisedProject {
    let up: UpRun
    let observer: any ApplyObserver

    func apply(
        _ project: Project, _ options: UpOptions, command: String,
        adjust: @escaping @Sendable (ObservedState) throws -> ObservedState
    ) async throws {
        var options = options
        options.stopGrace = up.options.stopGrace
        options.isSupervised = true
        var run = UpRun(
            session: up.session, project: project, options: options, waitTimeout: up.waitTimeout, command: command)
        run.adjust = adjust
        let renderer = run.renderer(.plain)
        do {
            Self.say(try await run.apply(reportingTo: observer, showing: renderer))
        } catch let error as PlanError {
            for problem in error.problems { standardError("gantry: \(problem)") }
            throw error
        } catch let error where !(error is CommandExit || error is CancellationError || error is TakenDown) {
            standardError("gantry: \(error)")
            throw error
        }
    }

    func reload() async throws -> Project {
        do {
            return try up.session.loadProject(services: up.options.services)
        } catch {
            standardError("gantry: \(error)")
            throw error
        }
    }

    static func say(_ leftovers: [Leftover]) {
        for leftover in leftovers { standardError("gantry: Not tidied up: " + LeftoverText.text(leftover)) }
    }
}
