/// A service's `deploy`.
package struct Deployment: Sendable, Equatable {
    package var mode: String?
    package var replicas: Int?
    package var labels: [String: String] = [:]
    package var update: UpdateOrder?
    package var rollback: UpdateOrder?
    package var limits: Resources?
    package var reservations: Resources?
    package var restartPolicy: Restart?
    package var placement: Placement = Placement()
    package var endpointMode: String?

    package init() {}

    /// `update_config` and `rollback_config`.
    package struct UpdateOrder: Sendable, Equatable {
        package var parallelism: Int?
        package var delay: ComposeDuration?
        package var failureAction: String?
        package var monitor: ComposeDuration?
        package var maximumFailureRatio: Double?
        /// `stop-first` or `start-first`.
        package var order: String?
        package init() {}
    }

    package struct Resources: Sendable, Equatable {
        package var cpus: Double?
        package var memory: Int64?
        package var processes: Int?
        package var devices: [DeviceRequest] = []
        package var generic: [GenericResource] = []
        package init() {}
    }

    package struct GenericResource: Sendable, Equatable {
        package var kind: String
        package var value: Int

        package init(kind: String, value: Int) {
            self.kind = kind
            self.value = value
        }
    }

    package struct Restart: Sendable, Equatable {
        package var condition: String?
        package var delay: ComposeDuration?
        package var maximumAttempts: Int?
        package var window: ComposeDuration?
        package init() {}
    }

    package struct Placement: Sendable, Equatable {
        package var constraints: [String] = []
        /// The `spread` of each preference.
        package var preferences: [String] = []
        package var maximumReplicasPerNode: Int?
        package init() {}
    }
}

/// Devices asked for by what they can do: `deploy.resources.reservations.devices` and `gpus`.
package struct DeviceRequest: Sendable, Equatable {
    package var capabilities: [String] = []
    package var driver: String?
    /// -1 is all; nil where identifiers are given.
    package var count: Int?
    package var identifiers: [String] = []
    package var options: [String: String] = [:]
    package init() {}
}
