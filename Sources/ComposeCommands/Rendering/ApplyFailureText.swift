import ComposeExecutor
import ComposeState

/// What a person is told when a transaction failed.
enum ApplyFailureText {
    static func text(_ failure: ApplyFailure, command: String) -> String {
        var lines = ["gantry: \(command) failed: \(failure.reason)"]
        if failure.isCancelled { lines = ["gantry: \(command) was interrupted."] }
        if !failure.hookOutput.isEmpty {
            lines += ["  the hook's last lines:"] + LeftoverText.quoted(failure.hookOutput)
        }
        if let container = failure.container { lines += facts(FailureReport.Container(container)) }
        if let keeping = failure.keeping {
            lines += kept(command, keeping)
        } else if !failure.leftovers.isEmpty {
            lines.append("Not everything could be taken back:")
            lines += failure.leftovers.map { "  " + LeftoverText.text($0) }
            lines.append(
                "`gantry recover` tries again, and the next `up`, `stop` or `down` of this project does so first.")
        } else if failure.undone > 0 {
            let steps = failure.undone == 1 ? "1 step was" : "\(failure.undone) steps were"
            lines.append("Rolled back: \(steps) taken back, and the project is as it was before.")
        } else {
            lines.append("Nothing was changed.")
        }
        if failure.hooksRan { lines.append("What the hooks did is not undone.") }
        return lines.joined(separator: "\n")
    }

    /// What to do with what was left as it stood.
    private static func kept(_ command: String, _ keeping: String) -> [String] {
        [
            "Nothing was taken back, \(keeping). `gantry ps -a` names what is there, and `docker logs` and "
                + "`docker inspect` tell more of it.",
            "`gantry \(command)` goes on from there, `gantry recover` brings back the containers that were to be replaced, and "
                + "`gantry down` removes all.",
        ]
    }

    /// What a container was like when it failed.
    static func facts(_ container: FailureReport.Container) -> [String] {
        var state = "  container \(container.name): \(container.state)"
        if container.state == "exited", let code = container.exitCode { state += " with code \(code)" }
        if container.outOfMemory { state += ", out of memory" }
        var lines = [state]
        if let output = container.healthOutput {
            lines.append("  its healthcheck last said:")
            lines += LeftoverText.quoted(output.split(separator: "\n").suffix(5).map(String.init))
        }
        if !container.lastLines.isEmpty {
            lines.append("  its last lines:")
            lines += LeftoverText.quoted(container.lastLines)
        }
        return lines
    }
}
