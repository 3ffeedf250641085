import ComposeExecutor
import EngineAPI

/// What a person is told when a transaction failed.
enum ApplyFailureText {
    static func text(_ failure: ApplyFailure, command: String) -> String {
        var lines = ["gantry: \(command) failed: \(failure.reason)"]
        if failure.isCancelled { lines = ["gantry: \(command) was interrupted."] }
        if let container = failure.container { lines += facts(container) }
        if !failure.leftovers.isEmpty {
            lines.append("Not everything could be taken back:")
            lines += failure.leftovers.map { "  \($0.what): \($0.reason)" }
            lines.append("The next `gantry up`, `stop` or `down` of this project tries again first.")
        } else if failure.undone > 0 {
            let steps = failure.undone == 1 ? "1 step was" : "\(failure.undone) steps were"
            lines.append("Rolled back: \(steps) taken back, and the project is as it was before.")
        } else {
            lines.append("Nothing was changed.")
        }
        return lines.joined(separator: "\n")
    }

    private static func facts(_ container: ContainerReport) -> [String] {
        var state = "  container \(container.name): \(container.state.rawValue)"
        if container.state == .exited { state += " with code \(container.exitCode)" }
        if container.outOfMemory { state += ", out of memory" }
        var lines = [state]
        if let output = container.probeOutput, !output.isEmpty {
            lines.append("  its healthcheck last said:")
            lines += output.split(separator: "\n").suffix(5).map { "    | \(safe(String($0)))" }
        }
        if !container.lastLines.isEmpty {
            lines.append("  its last lines:")
            lines += container.lastLines.map { "    | \(safe($0))" }
        }
        return lines
    }

    /// A container's text without what would act on a terminal.
    private static func safe(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\t" && (scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
    }
}
