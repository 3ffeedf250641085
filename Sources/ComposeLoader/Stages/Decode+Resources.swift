import ComposeModel
import YAML

extension Decoder {
    func limits(_ fields: Fields) -> ResourceLimits {
        var limits = ResourceLimits()
        limits.memory = fields.bytes("mem_limit")
        limits.memoryReservation = fields.bytes("mem_reservation")
        limits.memorySwap = fields.bytes("memswap_limit")
        limits.memorySwappiness = fields.bytes("mem_swappiness")
        limits.sharedMemory = fields.bytes("shm_size")
        limits.cpus = fields.number("cpus")
        limits.cpuCount = fields.int("cpu_count")
        limits.cpuPercent = fields.number("cpu_percent")
        limits.cpuPeriod = fields.int("cpu_period")
        limits.cpuQuota = fields.int("cpu_quota")
        limits.cpuRealtimePeriod = fields.int("cpu_rt_period")
        limits.cpuRealtimeRuntime = fields.int("cpu_rt_runtime")
        limits.cpuSet = fields.string("cpuset")
        limits.cpuShares = fields.int("cpu_shares")
        limits.processes = fields.int("pids_limit")
        limits.disableOutOfMemoryKill = fields.bool("oom_kill_disable") ?? false
        limits.outOfMemoryScore = fields.int("oom_score_adj")
        limits.ulimits = ulimits(fields)
        return limits
    }

    private func ulimits(_ fields: Fields) -> [String: UserLimit] {
        var limits: [String: UserLimit] = [:]
        for (name, value) in fields.entries("ulimits") {
            if let text = value.text {
                limits[name] = .single(Int(text) ?? 0)
            } else {
                let range = Fields(value)
                limits[name] = .range(soft: range.int("soft") ?? 0, hard: range.int("hard") ?? 0)
            }
        }
        return limits
    }

    func isolation(_ fields: Fields) -> Isolation {
        var isolation = Isolation()
        isolation.addedCapabilities = fields.strings("cap_add")
        isolation.droppedCapabilities = fields.strings("cap_drop")
        isolation.cgroup = fields.string("cgroup")
        isolation.cgroupParent = fields.string("cgroup_parent")
        isolation.devices = fields.objects("devices").map {
            let source = $0.string("source") ?? ""
            return Device(
                source: source, target: $0.string("target") ?? "", permissions: $0.string("permissions") ?? "")
        }
        isolation.deviceCgroupRules = fields.strings("device_cgroup_rules")
        isolation.ipc = fields.string("ipc")
        isolation.technology = fields.string("isolation")
        isolation.pid = fields.string("pid")
        isolation.runtime = fields.string("runtime")
        isolation.securityOptions = fields.strings("security_opt")
        isolation.systemControls = fields.map("sysctls")
        isolation.userNamespace = fields.string("userns_mode")
        isolation.uts = fields.string("uts")
        return isolation
    }

    func deviceRequest(count: String?) -> DeviceRequest {
        var request = DeviceRequest()
        request.count = count.flatMap { $0.lowercased() == "all" ? -1 : Int($0) }
        return request
    }

    func deviceRequest(_ fields: Fields) -> DeviceRequest {
        var request = deviceRequest(count: fields.string("count"))
        request.capabilities = fields.strings("capabilities")
        request.driver = fields.string("driver")
        request.identifiers = fields.strings("device_ids")
        request.options = fields.map("options")
        return request
    }

    func deployment(_ fields: Fields) -> Deployment {
        var deployment = Deployment()
        deployment.mode = fields.string("mode")
        deployment.replicas = fields.int("replicas")
        deployment.labels = fields.map("labels")
        deployment.update = fields.object("update_config").map(updateOrder)
        deployment.rollback = fields.object("rollback_config").map(updateOrder)
        if let resources = fields.object("resources") {
            deployment.limits = resources.object("limits").map(self.resources)
            deployment.reservations = resources.object("reservations").map(self.resources)
        }
        deployment.restartPolicy = fields.object("restart_policy").map { policy in
            var restart = Deployment.Restart()
            restart.condition = policy.string("condition")
            restart.delay = policy.duration("delay")
            restart.maximumAttempts = policy.int("max_attempts")
            restart.window = policy.duration("window")
            return restart
        }
        if let placement = fields.object("placement") {
            deployment.placement.constraints = placement.strings("constraints")
            deployment.placement.preferences = placement.objects("preferences").map { $0.string("spread") ?? "" }
            deployment.placement.maximumReplicasPerNode = placement.int("max_replicas_per_node")
        }
        deployment.endpointMode = fields.string("endpoint_mode")
        return deployment
    }

    private func updateOrder(_ fields: Fields) -> Deployment.UpdateOrder {
        var order = Deployment.UpdateOrder()
        order.parallelism = fields.int("parallelism")
        order.delay = fields.duration("delay")
        order.failureAction = fields.string("failure_action")
        order.monitor = fields.duration("monitor")
        order.maximumFailureRatio = fields.number("max_failure_ratio")
        order.order = fields.string("order")
        return order
    }

    private func resources(_ fields: Fields) -> Deployment.Resources {
        var resources = Deployment.Resources()
        resources.cpus = fields.number("cpus")
        resources.memory = fields.bytes("memory")
        resources.processes = fields.int("pids")
        resources.devices = fields.objects("devices").map(deviceRequest)
        resources.generic = fields.objects("generic_resources").compactMap { $0.object("discrete_resource_spec") }.map {
            Deployment.GenericResource(kind: $0.string("kind") ?? "", value: $0.int("value") ?? 0)
        }
        return resources
    }

    func build(_ fields: Fields) -> Build {
        var build = Build(context: fields.string("context") ?? buildFolder)
        build.dockerfile = fields.string("dockerfile")
        build.inlineDockerfile = fields.string("dockerfile_inline")
        build.entitlements = fields.strings("entitlements")
        build.arguments = fields.optionalMap("args")
        build.provenance = fields.string("provenance")
        build.sbom = fields.string("sbom")
        build.ssh = fields.map("ssh")
        build.labels = fields.map("labels")
        build.cacheFrom = fields.strings("cache_from")
        build.cacheTo = fields.strings("cache_to")
        build.noCache = fields.bool("no_cache") ?? false
        build.noCacheFilter = fields.strings("no_cache_filter")
        build.additionalContexts = fields.map("additional_contexts")
        build.pull = fields.bool("pull") ?? false
        build.extraHosts = extraHosts(fields.strings("extra_hosts"))
        build.isolation = fields.string("isolation")
        build.network = fields.string("network")
        build.target = fields.string("target")
        build.secrets = fields.objects("secrets").map { fileMount($0) }
        build.sharedMemory = fields.bytes("shm_size")
        build.tags = fields.strings("tags")
        build.ulimits = ulimits(fields)
        build.platforms = fields.strings("platforms")
        build.privileged = fields.bool("privileged") ?? false
        return build
    }
}
