import SinkAPI

/// What a sink and its receiver have agreed on, over one connection.
protocol StreamSession: Sendable {
    /// Lives as long as the session.
    var connection: StreamConnection { get }
}

extension StreamConnection: StreamSession {
    var connection: StreamConnection { self }
}

/// Keeps a sink's one session with its receiver: opened when it is needed, given up when anything fails in it.
///
/// Those who want to use it take turns, in the order in which they came.
actor SessionKeeper<Session: StreamSession> {
    private let open: @Sendable () async throws -> Session
    private var session: Session?
    private var isTaken = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(open: @escaping @Sendable () async throws -> Session) { self.open = open }

    /// Runs `body` with the session, alone.
    func use<Value: Sendable>(_ body: @Sendable (Session) async throws -> Value) async throws -> Value {
        await takeTurn()
        defer { endTurn() }
        try Task.checkCancellation()
        let current: Session
        if let session, session.connection.isOpen { current = session } else { current = try await open() }
        session = nil
        do {
            let value = try await body(current)
            session = current
            return value
        } catch {
            current.connection.close()
            throw error
        }
    }

    /// Takes the session away, if there is one, so that it can be ended.
    func release() async -> Session? {
        await takeTurn()
        defer { endTurn() }
        defer { session = nil }
        return session
    }

    private func takeTurn() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { queue.append($0) }
    }

    private func endTurn() {
        if queue.isEmpty { isTaken = false } else { queue.removeFirst().resume() }
    }
}
