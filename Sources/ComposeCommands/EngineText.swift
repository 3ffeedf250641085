import EngineAPI

/// Sentences for engine errors that end a command.
enum EngineText {
    static func sentence(_ error: EngineError) -> String {
        switch error.code {
        case .unreachable:
            "\(error.message). Start the engine, or set DOCKER_HOST to where it listens."
        case .disconnected:
            "The engine closed the connection during \(error.call): \(error.message). Its log may say why."
        default: error.description
        }
    }
}
