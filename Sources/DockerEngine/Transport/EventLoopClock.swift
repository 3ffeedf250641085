import NIOCore

/// The continuous clock, with sleepers that wait on an event loop. For each sleeper of the runtime's own a thread is woken
/// to set a timer, and another one to take it back: a stop has two, of which hardly any comes to its end.
struct EventLoopClock: Clock {
    let eventLoop: any EventLoop

    var now: ContinuousClock.Instant { .now }
    var minimumResolution: Duration { ContinuousClock().minimumResolution }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let timer = eventLoop.scheduleTask(in: TimeAmount(now.duration(to: deadline))) {}
        try await withTaskCancellationHandler {
            do {
                try await timer.futureResult.get()
            } catch {
                throw CancellationError()
            }
        } onCancel: {
            timer.cancel()
        }
    }
}
