import ComposePlanner
import EngineAPI

/// Turns what went wrong with an operation into a sentence that says what to do.
enum FailureText {
    static func sentence(_ error: any Error, for operation: Operation) -> String {
        if error is CancellationError { return "Could not \(operation.action.description): \(plain(error))." }
        // That a wait was too long tells little without who needed it.
        if let late = error as? ReadinessFailure, late.isLate { return "\(late) (\(operation.cause))" }
        if let failure = error as? HookFailure { return "\(operation.action.hook ?? "hook") \(failure)" }
        guard let error = error as? EngineError else { return plain(error) }
        let what = "Could not \(operation.action.description)"
        let advice = advice(for: error).map { " " + $0 } ?? ""
        return "\(what): \(error.message).\(advice)"
    }

    /// An error without regard to what it befell.
    static func plain(_ error: any Error) -> String {
        error is CancellationError ? "the call was given up, though nobody asked for that" : String(describing: error)
    }

    private static func advice(for error: EngineError) -> String? {
        let message = error.message.lowercased()
        if message.contains("port is already allocated") || message.contains("address already in use") {
            return "Another container or program has this host port. Choose another one under `ports`, or stop what "
                + "uses it; `ss -ltnp` shows which it is."
        }
        if error.code == .conflict, message.contains("is already in use") {
            return "Remove or rename that container, or choose another `container_name`."
        }
        switch error.code {
        case .unreachable, .disconnected:
            return "Check that the engine runs and that DOCKER_HOST names it."
        case .timedOut:
            return "The engine did not answer in time; its log may say why."
        default: return nil
        }
    }
}
