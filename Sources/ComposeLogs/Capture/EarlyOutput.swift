import EngineAPI
import SinkAPI

/// What an attachment from its creation on gives of a container, for the case that the engine removes the container at its
/// end before anybody can ask for what it kept.
actor EarlyOutput {
    /// Of the lines' bytes; who writes more lives long enough to be followed.
    private static let most = 64 << 10

    private let source: LogSource
    private let engine: any ContainerEngine
    private var lines: [LogRecord] = []
    private var opened: EngineTime?
    /// Whether its end has come, and nothing was left out.
    private var isWhole = false
    private let stops = BoundedQueue<Void>(capacity: 1)
    private let ends = BoundedQueue<Void>(capacity: 1)

    init(_ source: LogSource, on engine: any ContainerEngine) {
        self.source = source
        self.engine = engine
    }

    /// It is not needed any more.
    nonisolated func stop() { stops.offer(()) }

    /// Takes the output until the container's end, or it is not needed any more.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.attach() }
            group.addTask { _ = await self.stops.next() }
            await group.next()
            group.cancelAll()
        }
        ends.offer(())
    }

    /// What the container wrote, and whether that is known to be all of it.
    ///
    /// - Parameters:
    ///   - start: when it started.
    ///   - limit: how long is waited for its end.
    func output(start: EngineTime?, within limit: Duration, _ clock: any Clock<Duration>) async -> ([LogRecord], Bool) {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.ends.next() }
            group.addTask { try? await clock.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        // What is asked for during the start is answered after it.
        let wasInTime = opened.flatMap { opened in start.map { opened < $0 } } ?? false
        return (lines, isWhole && wasInTime)
    }

    private func attach() async throws {
        try await engine.withAttachment(to: source.container, input: false) { connection in
            opened = .now()
            var assembler = LineAssembler(source: source, hasTimes: false)
            var size = 0
            for try await frames in connection.output {
                let records = assembler.take(frames)
                size += records.byteCount
                guard size <= EarlyOutput.most else { return }
                lines += records
            }
            lines += assembler.finish()
            isWhole = true
        }
    }
}
