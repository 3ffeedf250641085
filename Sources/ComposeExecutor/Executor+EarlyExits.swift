import ComposePlanner
import EngineAPI

// Containers that fail before the command ends which started them, though nothing waits for them.
extension Executor {
    /// How long after its last start a plan commits at the earliest. The engine tells of a process that fails at once
    /// about a tenth of a second later.
    static let shortestWatch: Duration = .milliseconds(200)

    /// The first of a plan's vital starts whose container has ended with an error, or is started by the engine again and
    /// again; one that the engine may yet bring up is not dead.
    ///
    /// All are seen by one call. What the engine does not tell is no failure: the containers may be well.
    func earlyExit(in plan: Plan, _ run: TransactionRun) async -> (operation: Operation, error: EarlyExit)? {
        let vital = Set(plan.vitalStarts)
        let starts = plan.prepare.filter { vital.contains($0.id) }
        guard !starts.isEmpty else { return nil }
        if let elapsed = run.sinceLastStart, elapsed < Executor.shortestWatch {
            try? await clock.sleep(for: Executor.shortestWatch - elapsed)
        }
        let filter = ObjectFilter(labels: ["\(ComposeLabels.project)=\(plan.project)"])
        let suspects = Set(((try? await engine.containers(matching: filter)) ?? []).filter(\.mayHaveFailed).map(\.id))
        for start in starts {
            guard let (id, name) = run.container(of: start), suspects.contains(id),
                let details = try? await engine.container(id),
                case .failed(let reason) = ReadinessDecision(
                    // A start counts the restarts anew.
                    details, for: .completed, hasSettled: false, restarts: details.restartCount)
            else { continue }
            return (start, EarlyExit(name: name, reason: reason))
        }
        return nil
    }
}

/// A container that failed before the command ended which had started it.
struct EarlyExit: Error, CustomStringConvertible {
    let name: String
    /// Without its name: `exited with code 3`.
    let reason: String
    var description: String { "\(name) \(reason)" }
}

extension ContainerSummary {
    /// Whether it is worth a closer look.
    fileprivate var mayHaveFailed: Bool {
        switch state {
        case .restarting, .dead: true
        case .exited: exitCode != 0
        case .created, .running, .paused, .removing: false
        }
    }
}
