import ComposeExecutor
import ComposeLogs
import ComposeModel
import ComposeSupervisor

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
        let run = try ForegroundRun(up: up, watching: showing, showingOn: sink, renderer, keeping: .untilTold)
        try await run.holding { try await end(run) }
    }

    private func end(_ run: ForegroundRun) async throws {
        let session = up.session
        do {
            let end = try await run.run(endingOn: [.interrupt, .terminate]) { action in
                if action == .stopGracefully { SystemdNotification.send("STOPPING=1", session.environment) }
                if let text = Self.text(action) { standardError(text) }
            } didApply: {
                standardError("gantry: Project \(up.project.name) is up and is kept so.")
                SystemdNotification.send("READY=1", session.environment)
            }
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
