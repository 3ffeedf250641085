import EngineAPI

/// What can go wrong on a connection, before it is known which call suffers from it.
enum TransportFailure: Error, Equatable {
    /// No connection could be made.
    case unreachable(String)
    /// The connection ended early. `answerBegun` tells whether any byte of the answer had arrived.
    case disconnected(answerBegun: Bool)
    /// The deadline passed.
    case timedOut(Duration)
    /// What arrived is not HTTP, or not what was asked for.
    case malformed(String)

    /// Whether a request without side effects may be sent once more on a new connection: the engine closed a kept
    /// connection while the request was on its way.
    var showsStaleConnection: Bool { self == .disconnected(answerBegun: false) }

    /// The error of the call named.
    func error(of call: String) -> EngineError {
        switch self {
        case .unreachable(let reason):
            EngineError(.unreachable, call: call, message: reason)
        case .disconnected:
            EngineError(
                .disconnected, call: call,
                message: "the engine closed the connection before its answer was whole; the call may have taken effect")
        case .timedOut(let limit):
            EngineError(
                .timedOut, call: call,
                message: "the engine did not answer within \(limit.formattedSeconds); the call may have taken effect")
        case .malformed(let reason):
            EngineError(.invalidResponse, call: call, message: "the engine's answer cannot be read: \(reason)")
        }
    }
}

extension Duration {
    /// Seconds for people: `60 s`, `0.25 s`.
    fileprivate var formattedSeconds: String {
        let (seconds, attoseconds) = components
        guard attoseconds != 0 else { return "\(seconds) s" }
        return "\(Double(seconds) + Double(attoseconds) / 1e18) s"
    }
}
