extension Service {
    /// The service as Docker Compose prints it: fields in its order, what says nothing left out, except `command` and
    /// `entrypoint`, which are null where the image's own stay.
    package var canonical: CanonicalValue { canonical(for: .output) }

    /// The bytes whose SHA-256 is the service's `config-hash`.
    ///
    /// What decides how many replicas there are, how the image is got and when the service starts is left out: none of
    /// it makes another container. The order of fields is Docker Compose's, so that both tools get the same hash.
    package var hashInput: [UInt8] { canonical(for: .hash).json() }

    private enum Purpose { case output, hash }

    private func canonical(for purpose: Purpose) -> CanonicalValue {
        var fields = CanonicalFields()
        if purpose == .output { fields.add("profiles", profiles) }
        fields.add("annotations", annotations)
        fields.set("attach", attach.map(CanonicalValue.bool))
        if purpose == .output { fields.set("build", build?.canonical) }
        fields.set("develop", uninterpreted["develop"])
        fields.set("blkio_config", uninterpreted["blkio_config"])
        fields.add("cap_add", isolation.addedCapabilities)
        fields.add("cap_drop", isolation.droppedCapabilities)
        fields.add("cgroup_parent", isolation.cgroupParent)
        fields.add("cgroup", isolation.cgroup)
        addProcessor(to: &fields)
        fields.set("command", command.map { .strings($0) } ?? .null)
        fields.add("configs", configs.map(\.canonical))
        fields.add("container_name", containerName)
        fields.set("credential_spec", uninterpreted["credential_spec"])
        if purpose == .output { fields.add("depends_on", dependencies, \.canonical) }
        fields.set("deploy", deploy.map { $0.canonical(withReplicas: purpose == .output) })
        fields.add("device_cgroup_rules", isolation.deviceCgroupRules)
        fields.add("devices", isolation.devices.map(\.canonical))
        fields.add("dns", nameServers)
        fields.add("dns_opt", resolverOptions)
        fields.add("dns_search", searchDomains)
        fields.add("domainname", domainName)
        fields.set("entrypoint", entrypoint.map { .strings($0) } ?? .null)
        fields.set("provider", uninterpreted["provider"])
        fields.add("environment", environment) { $0.map(CanonicalValue.string) ?? .null }
        if purpose == .hash { fields.add("env_file", environmentFiles.map(\.canonical)) }
        fields.add("expose", expose)
        fields.add("external_links", externalLinks)
        fields.add("extra_hosts", extraHosts.canonical)
        fields.add("group_add", additionalGroups)
        fields.add("gpus", gpus.map(\.canonical))
        fields.add("hostname", hostname)
        fields.set("healthcheck", healthCheck?.canonical)
        fields.add("image", image)
        fields.set("init", initProcess.map(CanonicalValue.bool))
        fields.add("ipc", isolation.ipc)
        fields.add("isolation", isolation.technology)
        fields.add("labels", labels)
        if purpose == .hash { fields.add("label_file", labelFiles) }
        fields.add("links", links)
        fields.set("logging", logging?.canonical)
        addMemory(to: &fields)
        fields.add("mac_address", macAddress)
        fields.set("models", uninterpreted["models"])
        fields.add("network_mode", networkMode)
        fields.add("networks", networks) { $0?.canonical ?? .null }
        fields.add("oom_kill_disable", limits.disableOutOfMemoryKill)
        fields.add("oom_score_adj", limits.outOfMemoryScore)
        fields.add("pid", isolation.pid)
        fields.add("pids_limit", limits.processes)
        fields.add("platform", platform)
        fields.add("ports", ports.map(\.canonical))
        fields.add("privileged", privileged)
        if purpose == .output { fields.add("pull_policy", pullPolicy?.rawValue ?? pullSchedule) }
        fields.add("read_only", readOnly)
        fields.add("restart", restart?.description)
        fields.add("runtime", isolation.runtime)
        if purpose == .output { fields.set("scale", scale.map { .int(Int64($0)) }) }
        fields.add("secrets", secrets.map(\.canonical))
        fields.add("security_opt", isolation.securityOptions)
        fields.addBytes("shm_size", limits.sharedMemory)
        fields.add("stdin_open", openInput)
        fields.add("stop_grace_period", stopGracePeriod)
        fields.add("stop_signal", stopSignal)
        fields.add("storage_opt", storageOptions)
        fields.add("sysctls", isolation.systemControls)
        fields.add("tmpfs", temporaryFileSystems)
        fields.add("tty", terminal)
        fields.add("ulimits", limits.ulimits, \.canonical)
        fields.set("use_api_socket", uninterpreted["use_api_socket"])
        fields.add("user", user)
        fields.add("userns_mode", isolation.userNamespace)
        fields.add("uts", isolation.uts)
        fields.add("volumes", volumes.map(\.canonical))
        fields.add("volumes_from", volumesFrom)
        fields.add("working_dir", workingDirectory)
        fields.set("pre_start", uninterpreted["pre_start"])
        fields.set("post_start", uninterpreted["post_start"])
        fields.set("pre_stop", uninterpreted["pre_stop"])
        return fields.object
    }

    private func addProcessor(to fields: inout CanonicalFields) {
        fields.add("cpu_count", limits.cpuCount)
        fields.add("cpu_percent", limits.cpuPercent)
        fields.add("cpu_period", limits.cpuPeriod)
        fields.add("cpu_quota", limits.cpuQuota)
        fields.add("cpu_rt_period", limits.cpuRealtimePeriod)
        fields.add("cpu_rt_runtime", limits.cpuRealtimeRuntime)
        fields.add("cpus", limits.cpus)
        fields.add("cpuset", limits.cpuSet)
        fields.add("cpu_shares", limits.cpuShares)
    }

    private func addMemory(to fields: inout CanonicalFields) {
        fields.addBytes("mem_limit", limits.memory)
        fields.addBytes("mem_reservation", limits.memoryReservation)
        fields.addBytes("memswap_limit", limits.memorySwap)
        fields.addBytes("mem_swappiness", limits.memorySwappiness)
    }
}

extension RestartPolicy: CustomStringConvertible {
    /// As written: `no`, `always`, `on-failure:3`, `unless-stopped`.
    package var description: String {
        condition.rawValue + (maximumRetries.map { ":\($0)" } ?? "")
    }
}

extension Dependency {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("condition", condition.rawValue)
        fields.add("restart", restart)
        fields.set("required", .bool(required))
        return fields.object
    }
}

extension HealthCheck {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("test", test ?? [])
        fields.add("timeout", timeout)
        fields.add("interval", interval)
        fields.set("retries", retries.map { .int(Int64($0)) })
        fields.add("start_period", startPeriod)
        fields.add("start_interval", startInterval)
        fields.add("disable", disable)
        return fields.object
    }
}

extension Logging {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("driver", driver)
        fields.add("options", options)
        return fields.object
    }
}

extension EnvironmentFile {
    var canonical: CanonicalValue {
        if required { return .string(path) }
        var fields = CanonicalFields()
        fields.add("path", path)
        fields.set("required", .bool(required))
        fields.add("format", format)
        return fields.object
    }
}

extension [ExtraHost] {
    /// `host=address` lines in order.
    var canonical: [String] { map { "\($0.host)=\($0.address)" }.sorted() }
}
