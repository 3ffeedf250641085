package import EngineAPI
package import Metrics
package import SinkAPI

/// What shipping needs of the world.
package struct ShippingContext: Sendable {
    /// Makes the sink for a location.
    package var make: @Sendable (SinkLocation) throws -> any Sink
    /// For waits and deadlines.
    package var clock: any Clock<Duration>
    /// The time of day.
    package var now: @Sendable () -> EngineTime
    package var metrics: any MetricsFactory
    package var report: @Sendable (ShippingEvent) -> Void

    package init(
        make: @escaping @Sendable (SinkLocation) throws -> any Sink, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> EngineTime, metrics: any MetricsFactory = MetricsSystem.factory,
        report: @escaping @Sendable (ShippingEvent) -> Void
    ) {
        self.make = make
        self.clock = clock
        self.now = now
        self.metrics = metrics
        self.report = report
    }
}
