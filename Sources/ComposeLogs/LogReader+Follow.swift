import EngineAPI
import SinkAPI

extension LogReader {
    /// How many messages wait for the one that keeps the account of readers; it never waits for them itself.
    private static let waitingMessages = 64

    private enum Message: Sendable {
        case found([(source: LogSource, state: ContainerState)])
        case event(EngineEvent)
        case ended(LogSource, ResumePoint, isRestarting: Bool)
        /// A container that ended has not been started again for a while.
        case gracePassed(LogSource)
        /// What there was after a while of quiet, and how many readings had begun before it; nil where the engine did
        /// not answer.
        case looked([(source: LogSource, state: ContainerState)]?, begun: Int)
        case failed(any Error)
    }

    func follow() async throws {
        let output = OrderedOutput(to: sink)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await output.run() }
            group.addTask {
                try await readAll(to: output)
                output.finish()
            }
            while try await group.next() != nil {}
        }
    }

    private func readAll(to output: OrderedOutput) async throws {
        let inbox = BoundedQueue<Message>(capacity: LogReader.waitingMessages)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await watch(inbox) }
            group.addTask { if let failure = await sink.waitForFailure() { await inbox.send(.failed(failure)) } }
            var account = FollowAccount(beginning: beginning)
            var notices = options.tellsEnds ? FollowNotices() : nil
            var isLooking = false
            while let message = await inbox.next() {
                var begun: [(LogSource, ResumePoint)] = []
                // Whose end may turn out to be half of a restart.
                var ended: LogSource?
                switch message {
                case .found(let containers):
                    sink.register(containers.map(\.source))
                    begun = account.found(containers)
                    notices?.found(containers.map(\.source))
                case .event(let event):
                    guard let source = selection.source(of: event) else { continue }
                    sink.register([source])
                    begun = account.happened(event.action, to: source)
                    output.say(notices?.happened(event, to: source) ?? [])
                    ended = source
                case .ended(let source, let point, let isRestarting):
                    begun = account.ended(source, at: point, isRestarting: isRestarting)
                    output.say(notices?.ended(source, isRestarting: isRestarting) ?? [])
                    ended = source
                case .gracePassed(let source): output.say(notices?.passed(source) ?? [])
                case .looked(let containers, let count):
                    isLooking = false
                    guard let containers, count == account.begun else { break }
                    sink.register(containers.map(\.source))
                    begun = account.looked(at: containers)
                case .failed(let error): throw error
                }
                for (source, point) in begun {
                    let lane = output.open()
                    group.addTask {
                        await read(source, from: point, lane, inbox)
                    }
                }
                if account.isOver {
                    output.say(notices?.finish() ?? [])
                    return
                }
                if let source = ended, notices?.isWaiting(source) == true {
                    group.addTask {
                        guard (try? await clock.sleep(for: Succession.grace)) != nil else { return }
                        await inbox.send(.gracePassed(source))
                    }
                }
                if account.isQuiet, !isLooking {
                    isLooking = true
                    group.addTask { [count = account.begun] in await look(count, inbox) }
                }
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

    private func look(_ begun: Int, _ inbox: BoundedQueue<Message>) async {
        guard (try? await clock.sleep(for: Succession.grace)) != nil else { return }
        await inbox.send(.looked(try? await selection.list(on: engine), begun: begun))
    }

    private func read(
        _ source: LogSource, from beginning: ResumePoint, _ lane: OrderedOutput.Lane, _ inbox: BoundedQueue<Message>
    ) async {
        let follower = LogFollower(engine: engine, sink: lane, clock: clock, view: options.view)
        var point = beginning
        var isRestarting = false
        do {
            isRestarting = try await follower.follow(source, from: &point)
        } catch {
            report(error, about: source)
        }
        await lane.close()
        await inbox.send(.ended(source, point, isRestarting: isRestarting))
    }
}
