import EngineAPI

/// Sentences for engine errors that end a command.
enum EngineText {
    /// - Parameter address: where the engine was looked for.
    static func sentence(_ error: EngineError, address: String) -> String {
        switch error.code {
        case .unreachable:
            "\(closed(error.message)) Start the engine, or set DOCKER_HOST to where it listens."
        case .invalidResponse where error.call.hasSuffix("/_ping"):
            "What listens at \(address) does not answer as a container engine does: \(closed(error.message)) Set "
                + "DOCKER_HOST to where an engine listens."
        case .disconnected:
            "The engine closed the connection during \(error.call): \(closed(error.message)) Its log may say why."
        default: error.description
        }
    }

    /// The message as a sentence of its own.
    private static func closed(_ message: String) -> String {
        message.hasSuffix(".") || message.hasSuffix("?") ? message : message + "."
    }
}
