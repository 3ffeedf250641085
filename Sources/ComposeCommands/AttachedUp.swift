import ComposeExecutor
import ComposeLogs
import ComposeModel
import ComposePlanner
import ComposeState
import ComposeSupervisor

/// `up` in the foreground: brings the project up, shows output, keeps what runs, and stops what it started when it is
/// told to end.
struct AttachedUp {
    var up: UpRun
    var format = LogFormat()
    var abort = AttachedRun.Abort.never
    /// The service whose exit code becomes the command's.
    var exitCodeFrom: String?

    /// How to end it, as `Foreground` announces it.
    private static func text(_ action: StopSequence.Action) -> String? {
        switch action {
        case .stopGracefully: "\nStopping what this command started; press Ctrl-C again to kill it."
        case .kill: "\nKilling it; press Ctrl-C once more to leave at once."
        case .leave: "\nLeaving. `gantry ps` shows what still runs."
        case .end: nil
        }
    }

    /// - Throws: `CommandExit` with the code that the command is to end with, unless that is 0.
    func run() async throws {
        let rules = try SupervisionRules(up.project)
        switch try up.session.attemptSupervision(of: up.project.name, command: "up") {
        case .locked(let lock):
            var kept = self
            kept.up.options.isSupervised = true
            try await kept.run(keeping: .untilContainersEnd)
            lock.release()
        case .held(let holder):
            if rules.areNeeded {
                standardError(
                    "Project \(up.project.name) is kept by \(holder.description), so this command keeps nothing.")
            }
            try await run(keeping: .nothing)
        }
    }

    private func run(keeping: ForegroundRun.Keeping) async throws {
        let session = up.session
        // Redrawn progress and output would overwrite each other.
        let sharesTerminal = session.terminal.outputIsTerminal && session.terminal.colorsError
        let renderer = up.renderer(
            session.progressMode == .auto || session.progressMode == .tty ? .plain : session.progressMode,
            sharesTerminal: sharesTerminal)
        var format = format
        format.clearsLines = sharesTerminal
        let writer = TerminalWriter(policy: session.terminal.outputIsTerminal ? .skip : .wait)
        let run = try ForegroundRun(
            up: up, watching: watching, showingOn: ConsoleSink(format, to: writer, separatesErrors: true), renderer,
            keeping: keeping)
        try await run.holding { try await end(run, renderer) }
    }

    private func end(_ run: ForegroundRun, _ renderer: ProgressRenderer) async throws {
        do {
            let end = try await run.run(endingOn: [.interrupt, .terminate, .hangup]) { action in
                if let text = Self.text(action) { standardError(renderer.lineStart + text) }
            }
            Self.say(end.leftovers)
            let code = end.exitCode(from: exitCodeFrom)
            if code != 0 { throw CommandExit(rawValue: Int32(code)) }
        } catch let interruption as Foreground.Interrupted {
            throw CommandExit(rawValue: Int32(interruption.signal.exitCode))
        } catch let failure as OutputFailure {
            // Nobody can watch any more, so the run is over.
            Self.say(await run.stopper.end(run.attached.startedContainers))
            if failure != .closed { throw failure }
        }
    }

    private static func say(_ leftovers: [Leftover]) {
        for leftover in leftovers {
            standardError(
                leftover.isInUse ? LeftoverText.staying(leftover) : "Left behind: " + LeftoverText.text(leftover))
        }
    }

    /// The services named, or all, without those that do not want to be shown; the run lasts for those named.
    private var watching: AttachedRun.Options {
        var options = AttachedRun.Options()
        let named = Set(up.options.services)
        if named.isEmpty {
            options.shown = Set(up.project.services.values.filter { $0.attach != false }.map(\.name))
            options.monitored = Set(up.project.services.keys)
        } else {
            options.shown = named
        }
        options.abort = abort
        return options
    }
}
