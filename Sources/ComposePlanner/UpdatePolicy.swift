import ComposeModel

/// One of a service's replicas, known by its number.
package struct Replica: Hashable, Codable, Sendable {
    package let service: String
    package let number: Int

    package init(service: String, number: Int) {
        self.service = service
        self.number = number
    }
}

/// How the replicas of a service follow one another when they are replaced or taken back: `update_config` and
/// `rollback_config` with what they leave out filled in.
package struct UpdatePolicy: Hashable, Codable, Sendable {
    package enum Order: String, Codable, Sendable {
        case stopFirst = "stop-first"
        case startFirst = "start-first"
    }

    package let order: Order
    /// How many at a time; 0 is all at once.
    package let parallelism: Int
    /// Between those and the next.
    package let delay: Duration
    /// How long each must stay up after it was ready.
    package let monitor: Duration

    package init(_ order: Order, parallelism: Int = 0, delay: Duration = .zero, monitor: Duration = .zero) {
        self.order = order
        self.parallelism = parallelism
        self.delay = delay
        self.monitor = monitor
    }

    /// - Parameter canStartFirst: whether two containers of the service can run side by side.
    init(_ config: Deployment.UpdateOrder, canStartFirst: Bool) {
        self.init(
            config.startsFirst && canStartFirst ? .startFirst : .stopFirst, parallelism: config.parallelism ?? 1,
            delay: max(.zero, config.delay?.duration ?? .zero),
            monitor: max(.zero, config.monitor?.duration ?? .zero))
    }
}

extension Deployment.UpdateOrder {
    var startsFirst: Bool { order == UpdatePolicy.Order.startFirst.rawValue }
}

/// The replacement of a replica that an operation is a part of.
package struct ReplicaUpdate: Hashable, Codable, Sendable {
    package let replica: Replica
    /// How it is taken back; nil where that happens together with everything else.
    package let rollback: UpdatePolicy?

    package init(replica: Replica, rollback: UpdatePolicy?) {
        self.replica = replica
        self.rollback = rollback
    }
}

/// What becomes of a failure while a service is updated: `failure_action` and `max_failure_ratio`.
package struct UpdateTolerance: Hashable, Sendable {
    /// How many replicas may be left as they were; never all, for then the update has failed.
    package let failures: Int
    /// Whether one more leaves everything as it stands then, rather than taking it back.
    package let pauses: Bool

    /// The `failure_action` that leaves everything as it stands.
    static let pause = "pause"

    package init(failures: Int, pauses: Bool) {
        self.failures = failures
        self.pauses = pauses
    }

    /// - Parameter count: how many replicas are replaced or added.
    init(_ config: Deployment.UpdateOrder, count: Int) {
        let most = max(0, count - 1)
        // What is a whole number in decimals may be a little less in binary.
        let share = ((config.maximumFailureRatio ?? 0) * Double(count) + 1e-9).rounded(.down)
        failures = config.failureAction == "continue" ? most : Int(max(0, min(share, Double(most))))
        pauses = config.failureAction == UpdateTolerance.pause
    }
}
