import ComposeExecutor
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

    init(
        up: UpRun, watching options: AttachedRun.Options, showingOn sink: ConsoleSink, _ renderer: ProgressRenderer,
        keeping: Keeping
    ) throws {
        let session = up.session
        self.up = up
        self.renderer = renderer
        self.sink = sink
        self.keeping = keeping
        let say: @Sendable (String) -> Void = { standardError(renderer.lineStart + $0) }
        attached = AttachedRun(
            engine: session.engine, project: up.project.name, options: options, sink: sink,
            warn: { say("gantry: \($0)") })
        let observer = attached.observer(reportingTo: renderer)
        stopper = RunStopper(
            engine: session.engine,
            executor: try session.executor(project: up.project.name, limits: up.limits, observer: observer),
            project: up.project.name, declared: up.project, grace: up.options.stopGrace)
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
        let foreground = Foreground(
            run: attached, keeping: keeping == .nothing ? nil : AttachedRun.Keeping(supervisor, reloads: reloads),
            stopper: stopper, announce: announce, leave: { _exit(Int32($0)) })
        let end = try await renderer.displayBelowOutput {
            try await foreground.run(signals: signals.stream(of: ends), reportingTo: renderer, didApply: didApply) {
                observer in
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
}
