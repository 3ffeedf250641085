import ComposeModel
import EngineAPI

// What of the host a container may use and see.
extension UpPlanner {
    /// `deploy.resources` is stronger than the service's own limits, as in Docker Compose.
    func limits(_ service: Service) -> ContainerLimits {
        let own = service.limits
        var limits = ContainerLimits()
        limits.memory = given(service.deploy?.limits?.memory) ?? own.memory
        limits.memoryReservation = given(service.deploy?.reservations?.memory) ?? own.memoryReservation
        limits.memorySwap = own.memorySwap
        limits.memorySwappiness = own.memorySwappiness
        limits.sharedMemory = own.sharedMemory
        // In single precision, as Docker Compose counts, so that both ask for the same.
        limits.nanoCPUs = (given(service.deploy?.limits?.cpus) ?? own.cpus).map { Int64(Float($0) * 1e9) }
        limits.cpuCount = own.cpuCount
        // The engine counts in hundredths of a per cent.
        limits.cpuPercent = own.cpuPercent.map { Int($0 * 100) }
        limits.cpuPeriod = own.cpuPeriod
        limits.cpuQuota = own.cpuQuota
        limits.cpuRealtimePeriod = own.cpuRealtimePeriod
        limits.cpuRealtimeRuntime = own.cpuRealtimeRuntime
        limits.cpuSet = own.cpuSet
        limits.cpuShares = own.cpuShares
        limits.processes = given(service.deploy?.limits?.processes) ?? given(own.processes)
        limits.disableOutOfMemoryKill = own.disableOutOfMemoryKill
        limits.outOfMemoryScore = own.outOfMemoryScore
        limits.userLimits = own.ulimits.sorted { $0.key < $1.key }
            .map { UserLimitSpec(name: $0.key, soft: $0.value.soft, hard: $0.value.hard) }
        if let blockIO = service.blockIO { limits.blockIO = BlockIOLimits(blockIO) }
        return limits
    }

    /// 0 is what says nothing.
    private func given<Number: Numeric>(_ number: Number?) -> Number? { number == .zero ? nil : number }

    /// References to other services are filled in later; see ``ContainerLinks``.
    func isolation(_ service: Service) -> ContainerIsolation {
        let own = service.isolation
        var isolation = ContainerIsolation()
        isolation.addedCapabilities = capabilities(own.addedCapabilities)
        isolation.droppedCapabilities = capabilities(own.droppedCapabilities)
        isolation.cgroup = own.cgroup
        isolation.cgroupParent = own.cgroupParent
        isolation.devices = own.devices.filter { !$0.isNamedByInterface }.map {
            DeviceMapping(
                source: $0.source, target: $0.target.isEmpty ? $0.source : $0.target, permissions: $0.permissions)
        }
        isolation.deviceCgroupRules = own.deviceCgroupRules
        isolation.deviceRequests = deviceRequests(service)
        isolation.ipc = own.ipc
        isolation.technology = own.technology
        isolation.pid = own.pid
        isolation.runtime = own.runtime
        let security = SecurityOptions(service, in: project, files: observed.hostFiles)
        isolation.securityOptions = security.values
        if security.isUnconfined { (isolation.maskedPaths, isolation.readOnlyPaths) = ([], []) }
        isolation.systemControls = own.systemControls
        isolation.userNamespace = own.userNamespace
        isolation.uts = own.uts
        return isolation
    }

    /// As Docker's client writes them: `net_admin` is `CAP_NET_ADMIN`.
    private func capabilities(_ names: [String]) -> [String] {
        Set(
            names.map { name in
                let upper = name.uppercased()
                return upper == "ALL" || upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
            }
        ).sorted()
    }

    private func deviceRequests(_ service: Service) -> [DeviceRequestSpec] {
        func request(_ request: DeviceRequest, also capabilities: [String] = []) -> DeviceRequestSpec {
            DeviceRequestSpec(
                capabilities: request.capabilities + capabilities, driver: request.driver ?? "",
                count: request.count ?? 0, identifiers: request.identifiers, options: request.options)
        }
        var requests = (service.deploy?.reservations?.devices ?? []).map { request($0) }
        let named = service.isolation.devices.filter(\.isNamedByInterface).map(\.source)
        if !named.isEmpty { requests.append(DeviceRequestSpec(capabilities: [], driver: "cdi", identifiers: named)) }
        return requests + service.gpus.map { request($0, also: ["gpu"]) }
    }

    /// The policy of `deploy`, else the service's own. Without a condition the former is the engine's default, which is
    /// not to restart.
    func restartPolicy(_ service: Service) -> RestartPolicySpec? {
        guard let policy = service.deploy?.restartPolicy else {
            return service.restart.map {
                RestartPolicySpec(name: $0.condition.rawValue, maximumRetries: $0.maximumRetries ?? 0)
            }
        }
        let name =
            switch policy.condition ?? "" {
            case "none": "no"
            case "any": "always"
            case let condition: condition
            }
        return RestartPolicySpec(name: name, maximumRetries: policy.maximumAttempts ?? 0)
    }
}

extension BlockIOLimits {
    fileprivate init(_ model: BlockIO) {
        self.init()
        func devices(_ devices: [BlockIO.Device]) -> [Device] {
            devices.map { Device(path: $0.path, value: $0.value) }
        }
        weight = model.weight.flatMap { $0 == 0 ? nil : $0 }
        deviceWeights = devices(model.deviceWeights)
        readBytes = devices(model.readBytes)
        writtenBytes = devices(model.writtenBytes)
        reads = devices(model.reads)
        writes = devices(model.writes)
    }
}
