extension Deployment {
    func canonical(withReplicas: Bool) -> CanonicalValue {
        var fields = CanonicalFields()
        fields.add("mode", mode)
        if withReplicas { fields.set("replicas", replicas.map { .int(Int64($0)) }) }
        fields.add("labels", labels)
        fields.set("update_config", update?.canonical)
        fields.set("rollback_config", rollback?.canonical)
        var resources = CanonicalFields()
        resources.set("limits", limits?.canonical)
        resources.set("reservations", reservations?.canonical)
        fields.set("resources", resources.object)
        fields.set("restart_policy", restartPolicy?.canonical)
        fields.set("placement", placement.canonical)
        fields.add("endpoint_mode", endpointMode)
        return fields.object
    }
}

extension Deployment.UpdateOrder {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.set("parallelism", parallelism.map { .int(Int64($0)) })
        if let delay, delay.nanoseconds != 0 { fields.add("delay", delay) }
        fields.add("failure_action", failureAction)
        if let monitor, monitor.nanoseconds != 0 { fields.add("monitor", monitor) }
        fields.add("max_failure_ratio", maximumFailureRatio)
        fields.add("order", order)
        return fields.object
    }
}

extension Deployment.Resources {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("cpus", cpus)
        fields.addBytes("memory", memory)
        fields.add("pids", processes)
        fields.add("devices", devices.map(\.canonical))
        fields.add(
            "generic_resources",
            generic.map { resource in
                var inner = CanonicalFields()
                inner.set("kind", .string(resource.kind))
                inner.set("value", .int(Int64(resource.value)))
                return .object([CanonicalValue.Field("discrete_resource_spec", inner.object)])
            })
        return fields.object
    }
}

extension Deployment.Restart {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("condition", condition)
        fields.add("delay", delay)
        fields.set("max_attempts", maximumAttempts.map { .int(Int64($0)) })
        fields.add("window", window)
        return fields.object
    }
}

extension Deployment.Placement {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("constraints", constraints)
        fields.add(
            "preferences",
            preferences.map { preference in
                var fields = CanonicalFields()
                fields.add("spread", preference)
                return fields.object
            })
        fields.add("max_replicas_per_node", maximumReplicasPerNode)
        return fields.object
    }
}

extension DeviceRequest {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("capabilities", capabilities)
        fields.add("driver", driver)
        fields.add("count", count)
        fields.add("device_ids", identifiers)
        fields.add("options", options)
        return fields.object
    }
}

extension Device {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("source", source)
        fields.add("target", target)
        fields.add("permissions", permissions)
        return fields.object
    }
}

extension UserLimit {
    var canonical: CanonicalValue {
        switch self {
        case .single(let value) where value != 0: .int(Int64(value))
        case .single: .object([])
        case .range(let soft, let hard):
            .object(
                [
                    CanonicalValue.Field("soft", .int(Int64(soft))), CanonicalValue.Field("hard", .int(Int64(hard))),
                ].filter { $0.value != .int(0) })
        }
    }
}
