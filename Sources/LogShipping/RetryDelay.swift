/// How long to wait before a batch is tried again.
///
/// The bound doubles with each failure and the wait is drawn from all below it ("full jitter"), so that shippers that lost
/// a receiver at the same moment do not come back at the same moment.
struct RetryDelay {
    private static let first: Duration = .milliseconds(200)
    private static let longest: Duration = .seconds(30)
    /// A receiver may ask for patience, but not for the end of all shipping.
    private static let longestAsked: Duration = .seconds(3600)
    /// What only people can put right is looked at seldom.
    private static let misconfigured = Duration.seconds(30)

    private var bound = first

    /// - Parameter asked: what the receiver asked for: not sooner than that.
    mutating func next(asked: Duration?) -> Duration {
        let drawn = bound * Double.random(in: 0...1)
        bound = min(bound * 2, RetryDelay.longest)
        return max(drawn, min(asked ?? .zero, RetryDelay.longestAsked))
    }

    /// From 30 to 60 seconds.
    static func whileMisconfigured() -> Duration { misconfigured * Double.random(in: 1...2) }
}
