/// Why an engine call did not do what was asked.
///
/// `description` is a sentence for people and names the call; programs decide by ``code``.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure a program can act on; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name.
        public let description: String
        private init(_ name: String) { description = name }

        /// Nothing answers at the engine's address, or it may not be opened.
        public static let unreachable = Code("unreachable")
        /// The connection ended before the answer was whole; whether the call took effect is not known.
        public static let disconnected = Code("disconnected")
        /// The deadline passed before the answer was whole; whether the call took effect is not known.
        public static let timedOut = Code("timed out")
        /// The engine does not know the object (404).
        public static let notFound = Code("not found")
        /// The object's state or another object forbids it (409): a name in use, a network with endpoints.
        public static let conflict = Code("conflict")
        /// The request is not acceptable (400 and other 4xx).
        public static let invalidRequest = Code("invalid request")
        /// Credentials are missing or wrong (401, 403).
        public static let unauthorized = Code("unauthorized")
        /// The engine failed (5xx): a port in use, a mount that cannot be made, no space.
        public static let serverFailure = Code("server failure")
        /// The engine is too old or too new to speak to, or lacks the feature asked for.
        public static let unsupported = Code("unsupported")
        /// The answer is not what the Engine API says it is.
        public static let invalidResponse = Code("invalid response")
    }

    /// The kind of failure.
    public let code: Code
    /// The call, as a person would name it: `POST /containers/create?name=web-1`.
    public let call: String
    /// The engine's own message, or ours where the engine said nothing.
    public let message: String
    /// The HTTP status, nil where there was no answer.
    public let status: Int?

    /// Makes an error.
    public init(_ code: Code, call: String, message: String, status: Int? = nil) {
        self.code = code
        self.call = call
        self.message = message
        self.status = status
    }

    /// The engine's message and the call that it answers.
    public var description: String {
        let answer = status.map { "\(call): \($0)" } ?? call
        return "\(message) (\(answer))"
    }

    /// Whether the call may have taken effect although it failed, so that its outcome must be looked up.
    public var isAmbiguous: Bool { code == .disconnected || code == .timedOut }
}
