import EngineAPI

extension LogReader {
    /// How many messages wait for the one that keeps the account of readers; it never waits for them itself.
    private static let waitingMessages = 64

    private enum Message: Sendable {
        case found([(source: LogSource, state: ContainerState)])
        case event(EngineEvent)
        case ended(LogSource, ResumePoint)
        case failed(any Error)
    }

    func follow() async throws {
        let inbox = BoundedQueue<Message>(capacity: LogReader.waitingMessages)
        let follower = LogFollower(engine: engine, sink: sink, clock: clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await watch(inbox) }
            var account = FollowAccount(beginning: beginning)
            while let message = await inbox.next() {
                var begun: [(LogSource, ResumePoint)] = []
                switch message {
                case .found(let containers):
                    sink.register(containers.map(\.source))
                    begun = account.found(containers)
                case .event(let event):
                    guard let source = selection.source(of: event) else { continue }
                    sink.register([source])
                    begun = account.happened(event.action, to: source)
                case .ended(let source, let point): begun = account.ended(source, at: point)
                case .failed(let error): throw error
                }
                for (source, point) in begun {
                    group.addTask { await read(source, from: point, follower, inbox) }
                }
                if account.isOver { return }
            }
            try Task.checkCancellation()
        }
    }

    private func watch(_ inbox: BoundedQueue<Message>) async {
        do {
            try await EventFeed(engine: engine, filter: selection.events, clock: clock).run { error in
                warn("The connection to the engine broke (\(error)); trying again.")
            } _: { notice in
                switch notice {
                case .opened:
                    return await inbox.send(.found(try await selection.list(on: engine)))
                case .event(let event): return await inbox.send(.event(event))
                }
            }
        } catch {
            await inbox.send(.failed(error))
        }
    }

    private func read(
        _ source: LogSource, from beginning: ResumePoint, _ follower: LogFollower, _ inbox: BoundedQueue<Message>
    ) async {
        var point = beginning
        do {
            try await follower.follow(source, from: &point)
        } catch let failure as OutputFailure {
            await inbox.send(.failed(failure))
            return
        } catch {
            report(error, about: source)
        }
        await inbox.send(.ended(source, point))
    }
}

/// Which containers are being read, and where reading the others would go on.
struct FollowAccount {
    private enum Reading {
        /// `isStale`: it started again since the reader began, which may not have noticed.
        case active(isStale: Bool)
        case ended(ResumePoint)
    }

    private let beginning: ResumePoint
    /// For containers that are made while others are read: nothing of them is old.
    private let whole: ResumePoint
    private var readings: [ContainerID: Reading] = [:]
    private var wasListed = false

    init(beginning: ResumePoint) {
        self.beginning = beginning
        whole = ResumePoint(floor: beginning.floor, until: beginning.until)
    }

    /// Whether nobody is read any more.
    var isOver: Bool {
        wasListed
            && readings.values.allSatisfy {
                if case .ended = $0 { true } else { false }
            }
    }

    /// - Returns: the containers to be read from now on.
    mutating func found(
        _ containers: [(source: LogSource, state: ContainerState)]
    ) -> [(LogSource, ResumePoint)] {
        defer { wasListed = true }
        return containers.compactMap { source, state in
            switch readings[source.container] {
            case nil: begin(source, at: wasListed ? whole : beginning)
            case .ended(let point): state.isRunning ? begin(source, at: point) : nil
            case .active: nil
            }
        }
    }

    mutating func happened(_ action: String, to source: LogSource) -> [(LogSource, ResumePoint)] {
        switch (action, readings[source.container]) {
        case ("start", .active):
            readings[source.container] = .active(isStale: true)
            return []
        case ("start", .ended(let point)): return [begin(source, at: point)]
        case ("start", nil): return [begin(source, at: whole)]
        case ("destroy", .ended): readings[source.container] = nil
        default: break
        }
        return []
    }

    mutating func ended(_ source: LogSource, at point: ResumePoint) -> [(LogSource, ResumePoint)] {
        if case .active(isStale: true) = readings[source.container] { return [begin(source, at: point)] }
        readings[source.container] = .ended(point)
        return []
    }

    private mutating func begin(_ source: LogSource, at point: ResumePoint) -> (LogSource, ResumePoint) {
        readings[source.container] = .active(isStale: false)
        return (source, point)
    }
}
