import EngineAPI

extension HostConfigBody {
    struct UserLimit: JSONWritable {
        var name: String
        var soft: Int
        var hard: Int

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Hard", hard)
                json.add("Name", name)
                json.add("Soft", soft)
            }
        }
    }

    struct Device: JSONWritable {
        var source: String
        var target: String
        var permissions: String

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("CgroupPermissions", permissions)
                json.add("PathInContainer", target)
                json.add("PathOnHost", source)
            }
        }
    }

    struct DeviceRequest: JSONWritable {
        var driver: String
        var count: Int
        var identifiers: [String]?
        var capabilities: [[String]]?
        var options: [String: String]?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Capabilities", capabilities)
                json.add("Count", count)
                json.add("DeviceIDs", identifiers)
                json.add("Driver", driver)
                json.add("Options", options)
            }
        }
    }

    struct DeviceWeight: JSONWritable {
        var path: String
        var weight: Int64

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Path", path)
                json.add("Weight", weight)
            }
        }
    }

    struct DeviceRate: JSONWritable {
        var path: String
        var rate: Int64

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Path", path)
                json.add("Rate", rate)
            }
        }
    }

    mutating func set(_ limits: ContainerLimits) {
        memory = limits.memory
        memoryReservation = limits.memoryReservation
        memorySwap = limits.memorySwap
        memorySwappiness = limits.memorySwappiness
        sharedMemory = limits.sharedMemory
        nanoCPUs = limits.nanoCPUs
        cpuCount = limits.cpuCount
        cpuPercent = limits.cpuPercent
        cpuPeriod = limits.cpuPeriod
        cpuQuota = limits.cpuQuota
        cpuRealtimePeriod = limits.cpuRealtimePeriod
        cpuRealtimeRuntime = limits.cpuRealtimeRuntime
        cpuSet = limits.cpuSet
        cpuShares = limits.cpuShares
        processes = limits.processes
        disableOutOfMemoryKill = limits.disableOutOfMemoryKill ? true : nil
        outOfMemoryScore = limits.outOfMemoryScore
        userLimits = given(limits.userLimits.map { UserLimit(name: $0.name, soft: $0.soft, hard: $0.hard) })
        set(limits.blockIO)
    }

    private mutating func set(_ limits: BlockIOLimits) {
        func rates(_ devices: [BlockIOLimits.Device]) -> [DeviceRate]? {
            given(devices.map { DeviceRate(path: $0.path, rate: $0.value) })
        }
        blockWeight = limits.weight
        blockDeviceWeights = given(limits.deviceWeights.map { DeviceWeight(path: $0.path, weight: $0.value) })
        readBytes = rates(limits.readBytes)
        writtenBytes = rates(limits.writtenBytes)
        reads = rates(limits.reads)
        writes = rates(limits.writes)
    }

    mutating func set(_ isolation: ContainerIsolation) {
        addedCapabilities = given(isolation.addedCapabilities)
        droppedCapabilities = given(isolation.droppedCapabilities)
        cgroup = isolation.cgroup
        cgroupParent = isolation.cgroupParent
        devices = given(
            isolation.devices.map { Device(source: $0.source, target: $0.target, permissions: $0.permissions) })
        deviceCgroupRules = given(isolation.deviceCgroupRules)
        deviceRequests = given(
            isolation.deviceRequests.map {
                DeviceRequest(
                    driver: $0.driver, count: $0.count, identifiers: given($0.identifiers),
                    capabilities: $0.capabilities.isEmpty ? nil : [$0.capabilities],
                    options: $0.options.isEmpty ? nil : $0.options)
            })
        ipc = isolation.ipc
        technology = isolation.technology
        pid = isolation.pid
        runtime = isolation.runtime
        securityOptions = given(isolation.securityOptions)
        maskedPaths = isolation.maskedPaths
        readOnlyPaths = isolation.readOnlyPaths
        systemControls = isolation.systemControls.isEmpty ? nil : isolation.systemControls
        userNamespace = isolation.userNamespace
        uts = isolation.uts
    }
}

/// nil for an empty list, so that it is left out.
func given<Element>(_ list: [Element]) -> [Element]? { list.isEmpty ? nil : list }
