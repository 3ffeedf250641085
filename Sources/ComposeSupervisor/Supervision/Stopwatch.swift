/// Readings of a clock from one moment on.
struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration

    init(_ clock: any Clock<Duration>) { read = Stopwatch.reading(of: clock) }

    /// The time since it was made.
    var elapsed: Duration { read() }

    private static func reading<C: Clock>(of clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
