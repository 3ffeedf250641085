import ComposeModel
import EngineAPI

// What of the host a container may use and see.
extension UpPlanner {
    /// `deploy.resources` is stronger than the service's own limits, as in Docker Compose.
    func limits(_ service: Service) -> ContainerLimits {
        let own = service.limits
        var limits = ContainerLimits()
        limits.memory = service.deploy?.limits?.memory ?? own.memory
        limits.memoryReservation = service.deploy?.reservations?.memory ?? own.memoryReservation
        limits.memorySwap = own.memorySwap
        limits.memorySwappiness = own.memorySwappiness
        limits.sharedMemory = own.sharedMemory
        limits.nanoCPUs = (service.deploy?.limits?.cpus ?? own.cpus).map { Int64(($0 * 1e9).rounded()) }
        limits.cpuCount = own.cpuCount
        // The engine counts in hundredths of a per cent.
        limits.cpuPercent = own.cpuPercent.map { Int($0 * 100) }
        limits.cpuPeriod = own.cpuPeriod
        limits.cpuQuota = own.cpuQuota
        limits.cpuRealtimePeriod = own.cpuRealtimePeriod
        limits.cpuRealtimeRuntime = own.cpuRealtimeRuntime
        limits.cpuSet = own.cpuSet
        limits.cpuShares = own.cpuShares
        limits.processes = service.deploy?.limits?.processes ?? own.processes
        limits.disableOutOfMemoryKill = own.disableOutOfMemoryKill
        limits.outOfMemoryScore = own.outOfMemoryScore
        limits.userLimits = own.ulimits.sorted { $0.key < $1.key }
            .map { UserLimitSpec(name: $0.key, soft: $0.value.soft, hard: $0.value.hard) }
        return limits
    }

    /// References to other services are filled in later; see ``ContainerLinks``.
    func isolation(_ service: Service) -> ContainerIsolation {
        let own = service.isolation
        var isolation = ContainerIsolation()
        isolation.addedCapabilities = own.addedCapabilities
        isolation.droppedCapabilities = own.droppedCapabilities
        isolation.cgroup = own.cgroup
        isolation.cgroupParent = own.cgroupParent
        isolation.devices = own.devices.map {
            DeviceMapping(source: $0.source, target: $0.target, permissions: $0.permissions)
        }
        isolation.deviceCgroupRules = own.deviceCgroupRules
        isolation.deviceRequests =
            (service.deploy?.reservations?.devices ?? []).map { deviceRequest($0) }
            + service.gpus.map { deviceRequest($0, capabilities: ["gpu"]) }
        isolation.ipc = own.ipc
        isolation.technology = own.technology
        isolation.pid = own.pid
        isolation.runtime = own.runtime
        isolation.securityOptions = own.securityOptions
        isolation.systemControls = own.systemControls
        isolation.userNamespace = own.userNamespace
        isolation.uts = own.uts
        return isolation
    }

    private func deviceRequest(_ request: DeviceRequest, capabilities: [String] = []) -> DeviceRequestSpec {
        DeviceRequestSpec(
            capabilities: request.capabilities + capabilities.filter { !request.capabilities.contains($0) },
            driver: request.driver ?? "", count: request.count ?? 0, identifiers: request.identifiers,
            options: request.options)
    }

    /// The service's own policy, else that of `deploy`.
    func restartPolicy(_ service: Service) -> RestartPolicySpec? {
        if let policy = service.restart {
            return RestartPolicySpec(name: policy.condition.rawValue, maximumRetries: policy.maximumRetries ?? 0)
        }
        guard let policy = service.deploy?.restartPolicy else { return nil }
        let name =
            switch policy.condition {
            case "none": "no"
            case "any", nil: "always"
            case let condition?: condition
            }
        return RestartPolicySpec(name: name, maximumRetries: policy.maximumAttempts ?? 0)
    }
}
