package import EngineAPI
import LogSpool
import SinkAPI
import Synchronization

/// Captures what containers write and hands every line to a store, once: those that are there, and those that come.
///
/// It serves for one run. What it has handed over it knows again by the store's positions and records, so a capture that
/// ended in whatever way is continued by the next one.
package final class LogCapture: Sendable {
    private enum Message: Sendable {
        case found([(source: LogSource, isRunning: Bool)])
        case event(EngineEvent)
        /// Somebody asks for a container of which nothing was heard yet; is sent to when it is captured.
        case asked(LogSource, BoundedQueue<Void>)
        case ended(ContainerID)
        case failed(any Error)
    }

    /// How many messages wait for the one that keeps the table of containers, which never waits for those who send them.
    private static let waitingMessages = 64

    private let selection: CaptureSelection
    private let surroundings: ContainerCapture.Surroundings
    private struct Table {
        var captures: [ContainerID: ContainerCapture] = [:]
        /// Whether the containers that were there at first are in it.
        var isListed = false
        /// Takes the messages while it runs.
        var inbox: BoundedQueue<Message>?
        /// Are sent to when they are.
        var waiters: [BoundedQueue<Void>] = []
        /// Are sent to when a container that was made is in it.
        var birthWaiters: [ContainerID: [BoundedQueue<Void>]] = [:]
    }

    private let table = Mutex(Table())

    /// - Parameters:
    ///   - audits: shared by all captures of one engine, so that one reading at a time has it.
    ///   - warn: is told of what can be lived with, such as a broken connection; must return at once.
    package init(
        engine: any ContainerEngine, store: any RecordStore, selection: CaptureSelection,
        options: CaptureOptions = CaptureOptions(), audits: ReadingQueue = ReadingQueue(),
        clock: any Clock<Duration> = ContinuousClock(), warn: @escaping @Sendable (String) -> Void
    ) {
        self.selection = selection
        surroundings = ContainerCapture.Surroundings(
            engine: engine, store: store, options: options, clock: clock, audits: audits, backfills: ReadingQueue(),
            warn: warn)
    }

    /// Captures until the task is cancelled.
    ///
    /// - Throws: `EngineError` where the engine could not be reached at all; `SpoolError` where the store is closed.
    package func run() async throws {
        let inbox = BoundedQueue<Message>(capacity: LogCapture.waitingMessages)
        table.withLock { $0.inbox = inbox }
        defer { table.withLock { ($0.captures, $0.inbox) = ([:], nil) } }
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            group.addTask { await self.watch(inbox) }
            while let message = await inbox.next() {
                for capture in try await self.take(message) {
                    group.addTask { await self.run(capture, inbox) }
                }
            }
        }
        try Task.checkCancellation()
    }

    /// Waits until a container that does not run has been read to its end, audited, and is durable; at once where it is
    /// not to be captured. To be called after the container was stopped and before it is removed, as what is left of it goes
    /// with it.
    ///
    /// - Returns: false where that took longer than ``CaptureOptions/tailDeadline``.
    @discardableResult
    package func collectTail(of container: ContainerID) async -> Bool {
        let (clock, deadline) = (surroundings.clock, surroundings.options.tailDeadline)
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.waitUntilListed()
                await self.look(for: container)
                await self.table.withLock { $0.captures[container] }?.waitUntilSettled()
                return !Task.isCancelled
            }
            group.addTask {
                try? await clock.sleep(for: deadline)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// Waits until a container that is about to start is attached to, where that is how it is captured. To be called by who
    /// starts it; after ``CaptureOptions/attachDeadline`` the start goes on without.
    package func prepare(start container: ContainerID, service: String) async {
        guard selection.modes[service] == .attach else { return }
        let (clock, deadline) = (surroundings.clock, surroundings.options.attachDeadline)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.waitUntilListed()
                await self.waitUntilBorn(container)
                await self.table.withLock { $0.captures[container] }?.waitUntilAttached()
            }
            group.addTask { try? await clock.sleep(for: deadline) }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitUntilBorn(_ container: ContainerID) async {
        let signal = BoundedQueue<Void>(capacity: 1)
        let isBorn = table.withLock { table in
            if table.captures[container] != nil { return true }
            table.birthWaiters[container, default: []].append(signal)
            return false
        }
        if !isBorn { _ = await signal.next() }
    }

    /// Waits until each container that was there at first has been read to its end, or, where containers are not followed,
    /// to where it is now, and that is durable.
    package func collectAll() async {
        await waitUntilListed()
        for capture in table.withLock({ Array($0.captures.values) }) { await capture.waitUntilRead() }
    }

    /// How the captured containers stand, by name.
    package var statuses: [CaptureStatus] {
        get async {
            var statuses: [CaptureStatus] = []
            for capture in table.withLock({ Array($0.captures.values) }) { statuses.append(await capture.status) }
            return statuses.sorted { LogSource.precedes($0.source, $1.source) }
        }
    }

    /// Sees to it that a container is captured whose start was not heard of yet.
    private func look(for container: ContainerID) async {
        let inbox = table.withLock { $0.captures[container] == nil ? $0.inbox : nil }
        guard let inbox, let source = try? await list().first(where: { $0.source.container == container })?.source
        else { return }
        let isCaptured = BoundedQueue<Void>(capacity: 1)
        if await inbox.send(.asked(source, isCaptured)) { _ = await isCaptured.next() }
    }

    private func waitUntilListed() async {
        let signal = BoundedQueue<Void>(capacity: 1)
        let isListed = table.withLock { table in
            if !table.isListed { table.waiters.append(signal) }
            return table.isListed
        }
        if !isListed { _ = await signal.next() }
    }

    private func watch(_ inbox: BoundedQueue<Message>) async {
        let feed = EventFeed(engine: surroundings.engine, filter: selection.events, clock: surroundings.clock)
        do {
            try await feed.run { error in
                surroundings.warn("The connection to the engine broke (\(error)); trying again.")
            } _: { notice in
                switch notice {
                case .opened: return await inbox.send(.found(try await list()))
                case .event(let event): return await inbox.send(.event(event))
                }
            }
        } catch {
            await inbox.send(.failed(error))
        }
    }

    private func list() async throws -> [(source: LogSource, isRunning: Bool)] {
        try await surroundings.engine.containers(matching: selection.filter).compactMap { summary in
            selection.source(summary.id, name: summary.name, image: summary.image, labels: summary.labels)
                .map { ($0, summary.state.isRunning) }
        }
    }

    private func run(_ capture: ContainerCapture, _ inbox: BoundedQueue<Message>) async {
        do {
            try await capture.run()
            await inbox.send(.ended(capture.source.container))
        } catch {
            await inbox.send(.failed(error))
        }
    }

    /// - Returns: what is to be captured from now on.
    private func take(_ message: Message) async throws -> [ContainerCapture] {
        switch message {
        case .found(let containers):
            let known = table.withLock { $0.captures }
            // Those that are not in the list find out that they have gone.
            for (container, capture) in known {
                let found = containers.first { $0.source.container == container }
                await capture.nudge(found.map { $0.isRunning ? .started(nil) : .present } ?? .gone)
            }
            let new = containers.map(\.source).filter { known[$0.container] == nil }
            let begun = try await begin(new, birth: nil)
            let waiters = table.withLock { table in
                table.isListed = true
                defer { table.waiters = [] }
                return table.waiters
            }
            for waiter in waiters { waiter.offer(()) }
            return begun
        case .event(let event):
            guard ["create", "start", "destroy"].contains(event.action) else { return [] }
            if let capture = table.withLock({ $0.captures[ContainerID(event.actorID)] }) {
                await capture.nudge(
                    event.action == "start" ? .started(event.time) : event.action == "destroy" ? .gone : .present)
                return []
            }
            guard event.action != "destroy", let source = selection.source(of: event) else { return [] }
            return try await begin([source], birth: event.action == "create" ? .created : .started)
        case .asked(let source, let isCaptured):
            defer { isCaptured.offer(()) }
            let isKnown = table.withLock { $0.captures[source.container] != nil }
            return isKnown ? [] : try await begin([source], birth: nil)
        case .ended(let container):
            table.withLock { $0.captures[container] = nil }
            return []
        case .failed(let error): throw error
        }
    }

    private func begin(
        _ sources: [LogSource], birth: ContainerCapture.Birth?
    ) async throws -> [ContainerCapture] {
        let store = surroundings.store
        var places: [ContainerID: OutputPlace] = [:]
        var times: [ContainerID: EngineTime] = [:]
        for source in sources {
            let place = store.position(of: source.container).flatMap(OutputPlace.init(encoded:))
            places[source.container] = place
            times[source.container] = ContainerCapture.tailBegin(place)
        }
        // One that starts may be gone in some milliseconds; the others are asked for together.
        let tails = birth != nil ? nil : try await store.tails(since: times)
        let begun = sources.map { source in
            ContainerCapture(
                source, selection.mode(of: source), place: places[source.container],
                stored: tails.map { $0[source.container] ?? [] }, birth: birth, surroundings)
        }
        let waiters = table.withLock { table in
            for capture in begun { table.captures[capture.source.container] = capture }
            return begun.flatMap { table.birthWaiters.removeValue(forKey: $0.source.container) ?? [] }
        }
        for waiter in waiters { waiter.offer(()) }
        return begun
    }
}
