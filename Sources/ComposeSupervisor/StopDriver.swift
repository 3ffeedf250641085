import ComposeLogs

/// Lets signals end an attached run, as ``StopSequence`` has it.
package struct StopDriver: Sendable {
    /// Inputs that wait to be handled, which takes no time.
    private static let waitingInputs = 8

    private let stop: @Sendable () async -> Void
    private let kill: @Sendable () async -> Void
    private let leave: @Sendable (_ exitCode: Int) -> Void
    private let inbox = BoundedQueue<StopSequence.Input>(capacity: StopDriver.waitingInputs)

    /// - Parameters:
    ///   - stop: stops gently; it ends early when `kill` has killed what it waits for.
    ///   - kill: kills what is left.
    ///   - leave: ends the process with this exit code. Where it does not, ``run(_:)`` returns when `stop` and `kill`
    ///     have heeded their cancellation.
    package init(
        stop: @escaping @Sendable () async -> Void, kill: @escaping @Sendable () async -> Void,
        leave: @escaping @Sendable (_ exitCode: Int) -> Void
    ) {
        self.stop = stop
        self.kill = kill
        self.leave = leave
    }

    /// Ends the run without a signal.
    package func abort() async { await inbox.send(.abort) }

    /// Waits for signals and acts on them.
    ///
    /// - Returns: the signal that ended the run; nil where it was aborted, or the task was cancelled before.
    package func run<Source: AsyncSequence & Sendable>(_ signals: Source) async -> Signal?
    where Source.Element == Signal, Source.Failure == Never {
        await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { [inbox] in for await signal in signals { await inbox.send(.signal(signal)) } }
            var sequence = StopSequence()
            while let input = await inbox.next() {
                switch sequence.handle(input) {
                case .stopGracefully:
                    group.addTask { [inbox, stop] in
                        await stop()
                        await inbox.send(.finished)
                    }
                case .kill: group.addTask { [kill] in await kill() }
                case .leave:
                    leave(sequence.signal?.exitCode ?? 1)
                    return sequence.signal
                case .end: return sequence.signal
                case nil: break
                }
            }
            return sequence.signal
        }
    }
}
