extension AttributeRow {
    /// An attribute that is one field of the host's part.
    private static func host(_ name: String, _ value: String, _ field: String, _ json: String) -> AttributeRow {
        AttributeRow("services.X.\(name)", "\(name): \(value)", .container("/HostConfig/" + field, json))
    }

    private static func blocks(_ name: String, _ field: String) -> [AttributeRow] {
        ["path", "rate"].map {
            AttributeRow(
                "services.X.blkio_config.\(name).\($0)", "blkio_config: {\(name): [{path: /dev/sda, rate: 1k}]}",
                .container("/HostConfig/" + field, #"[{"Path": "/dev/sda", "Rate": 1024}]"#))
        }
    }

    static let limits =
        [
            host("cpu_period", "100000", "CpuPeriod", "100000"),
            host("cpu_quota", "50000", "CpuQuota", "50000"),
            host("cpu_rt_period", "1000", "CpuRealtimePeriod", "1000"),
            host("cpu_rt_runtime", "500", "CpuRealtimeRuntime", "500"),
            host("cpus", "0.3", "NanoCpus", "300000000"),
            host("cpuset", "\"0-1\"", "CpusetCpus", #""0-1""#),
            host("cpu_shares", "512", "CpuShares", "512"),
            AttributeRow(
                "services.X.cpu_count", "cpu_count: 2", .container("/HostConfig/CpuCount", "2"),
                .said("Service web: cpu_count has no effect here")),
            AttributeRow(
                "services.X.cpu_percent", "cpu_percent: 50", .container("/HostConfig/CpuPercent", "5000"),
                .said("Service web: cpu_percent has no effect here")),
            host("mem_limit", "64m", "Memory", "67108864"),
            host("mem_reservation", "32m", "MemoryReservation", "33554432"),
            host("memswap_limit", "-1", "MemorySwap", "-1"),
            host("mem_swappiness", "10", "MemorySwappiness", "10"),
            host("oom_kill_disable", "true", "OomKillDisable", "true"),
            host("oom_score_adj", "-500", "OomScoreAdj", "-500"),
            host("pids_limit", "-1", "PidsLimit", "-1"),
            AttributeRow(
                "services.X.ulimits", "ulimits: {nproc: 64}",
                .container("/HostConfig/Ulimits", #"[{"Name": "nproc", "Soft": 64, "Hard": 64}]"#)),
            AttributeRow(
                "services.X.ulimits.X.soft", "ulimits: {nofile: {soft: 1, hard: 2}}",
                .container("/HostConfig/Ulimits/0/Soft", "1")),
            AttributeRow(
                "services.X.ulimits.X.hard", "ulimits: {nofile: {soft: 1, hard: 2}}",
                .container("/HostConfig/Ulimits/0/Hard", "2")),
            AttributeRow(
                "services.X.blkio_config.weight", "blkio_config: {weight: 300}",
                .container("/HostConfig/BlkioWeight", "300")),
        ]
        + ["path", "weight"].map {
            AttributeRow(
                "services.X.blkio_config.weight_device.\($0)",
                "blkio_config: {weight_device: [{path: /dev/sda, weight: 9}]}",
                .container("/HostConfig/BlkioWeightDevice", #"[{"Path": "/dev/sda", "Weight": 9}]"#))
        }
        + blocks("device_read_bps", "BlkioDeviceReadBps") + blocks("device_read_iops", "BlkioDeviceReadIOps")
        + blocks("device_write_bps", "BlkioDeviceWriteBps") + blocks("device_write_iops", "BlkioDeviceWriteIOps")

    /// An attribute of a request for devices, wherever such requests are made.
    private static func device(
        _ name: String, _ value: String, _ field: String, _ json: String, gpu: String? = nil
    ) -> [AttributeRow] {
        [
            AttributeRow(
                "services.X.gpus.\(name)", "gpus: [{\(name): \(value)}]",
                .container("/HostConfig/DeviceRequests/0/" + field, gpu ?? json)),
            AttributeRow(
                "services.X.deploy.resources.reservations.devices.\(name)",
                "deploy: {resources: {reservations: {devices: [{"
                    + (name == "capabilities" ? "" : "capabilities: [gpu], ") + "\(name): \(value)}]}}}",
                .container("/HostConfig/DeviceRequests/0/" + field, json)),
        ]
    }

    static let isolation =
        [
            host("cap_add", "[NET_ADMIN]", "CapAdd", #"["CAP_NET_ADMIN"]"#),
            host("cap_drop", "[ALL]", "CapDrop", #"["ALL"]"#),
            host("cgroup", "private", "CgroupnsMode", #""private""#),
            host("cgroup_parent", "/p", "CgroupParent", #""/p""#),
            AttributeRow("services.X.credential_spec.*", "credential_spec: {file: x}", .said("has no effect here")),
            host("device_cgroup_rules", "[\"c 1:3 rwm\"]", "DeviceCgroupRules", #"["c 1:3 rwm"]"#),
            AttributeRow(
                "services.X.devices.source", "devices: [\"v.com/gpu=0\", /dev/null]",
                .container(
                    "/HostConfig/DeviceRequests", #"[{"Driver": "cdi", "Count": 0, "DeviceIDs": ["v.com/gpu=0"]}]"#),
                .container("/HostConfig/Devices/0/PathOnHost", #""/dev/null""#)),
            AttributeRow(
                "services.X.devices.target", "devices: [\"/dev/null:/dev/x\"]",
                .container("/HostConfig/Devices/0/PathInContainer", #""/dev/x""#)),
            AttributeRow(
                "services.X.devices.permissions", "devices: [\"/dev/null:/dev/x:r\"]",
                .container("/HostConfig/Devices/0/CgroupPermissions", #""r""#)),
            host("ipc", "\"service:db\"", "IpcMode", #""container:<shop-db-1>""#),
            host("isolation", "default", "Isolation", #""default""#),
            host("pid", "\"service:db\"", "PidMode", #""container:<shop-db-1>""#),
            host("privileged", "true", "Privileged", "true"),
            host("runtime", "runsc", "Runtime", #""runsc""#),
            AttributeRow(
                "services.X.security_opt",
                "security_opt: [\"seccomp=profile\", systempaths=unconfined, \"label:disable\", no-new-privileges]",
                .container(
                    "/HostConfig/SecurityOpt", #"["seccomp={\"a\":1}", "label:disable", "no-new-privileges"]"#),
                .container("/HostConfig/MaskedPaths", "[]"), .container("/HostConfig/ReadonlyPaths", "[]")),
            host("sysctls", "{net.a: 1}", "Sysctls", #"{"net.a": "1"}"#),
            host("userns_mode", "host", "UsernsMode", #""host""#),
            host("uts", "host", "UTSMode", #""host""#),
        ]
        + device("capabilities", "[tpu]", "Capabilities", #"[["tpu"]]"#, gpu: #"[["tpu", "gpu"]]"#)
        + device("driver", "nvidia", "Driver", #""nvidia""#) + device("count", "all", "Count", "-1")
        + device("device_ids", "[a]", "DeviceIDs", #"["a"]"#)
        + device("options", "{a: b}", "Options", #"{"a": "b"}"#)
}
