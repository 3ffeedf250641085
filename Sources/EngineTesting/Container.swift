import EngineAPI

/// A simulated container.
struct Container {
    let id: ContainerID
    /// Orders by creation.
    let sequence: Int
    var name: String
    let spec: ContainerSpec
    let imageID: ImageID
    let labels: [String: String]
    let healthCheck: HealthCheckSpec?
    let created: EngineTime
    var mounts: [MountSummary]
    var anonymousVolumes: Set<String> = []
    /// By network name.
    var endpoints: [String: Endpoint]
    var state = ContainerState.created
    var exitCode = 0
    var failure = ""
    /// Whether it was asked to stop and holds on; its end is then final, whatever the restart policy.
    var isStopping = false
    var startedAt: EngineTime?
    var finishedAt: EngineTime?
    var restartCount = 0
    var restartPolicy: RestartPolicySpec?
    /// Since the last start that was asked for, or the last tick.
    var immediateRestarts = 0
    var ports: [PortSummary] = []
    var health = ContainerHealth.none
    var probes: [ProbeResult] = []
    var probeCount = 0
    /// The test's word on health, which probes then repeat.
    var forcedHealth: ContainerHealth?
    /// Since the start.
    var ticks = 0
    var input: [UInt8] = []
    var uploads: [EngineState.Upload] = []

    struct Endpoint {
        var id: NetworkID
        var attachment: NetworkAttachment
    }

    var networks: [String: NetworkID] { endpoints.mapValues(\.id) }

    /// The command line that runs the healthcheck by exec.
    var probeCommand: [String]? {
        guard let test = healthCheck?.test, let kind = test.first else { return nil }
        return kind == "CMD-SHELL" ? ["/bin/sh", "-c"] + test.dropFirst() : Array(test.dropFirst())
    }

    /// Whether the engine starts it again after an exit of its own.
    func restarts(afterExit code: Int) -> Bool {
        guard let policy = restartPolicy else { return false }
        switch policy.name {
        case "always", "unless-stopped": return true
        case "on-failure": return code != 0 && (policy.maximumRetries == 0 || restartCount < policy.maximumRetries)
        default: return false
        }
    }

    var summary: ContainerSummary {
        ContainerSummary(
            id: id, names: [name], image: spec.image, imageID: imageID,
            command: ((spec.entrypoint ?? []) + (spec.command ?? [])).joined(separator: " "),
            created: EngineTime(nanoseconds: created.nanoseconds / 1_000_000_000 * 1_000_000_000), state: state,
            status: status, labels: labels, ports: ports, mounts: mounts, networks: networks)
    }

    var details: ContainerDetails {
        var details = ContainerDetails(
            id: id, name: name, imageID: imageID, state: state, exitCode: exitCode, failure: failure,
            outOfMemory: false, startedAt: startedAt, finishedAt: finishedAt, restartCount: restartCount,
            health: health, probes: probes, healthCheck: healthCheck, labels: labels, terminal: spec.terminal,
            mounts: mounts, networks: networks, restartPolicy: restartPolicy ?? RestartPolicySpec(name: "no"),
            stopping: StopSettings(
                signal: spec.stopSignal, timeout: spec.stopTimeout, hasInit: spec.initProcess ?? false))
        details.attachments = endpoints.mapValues(\.attachment)
        details.logging = spec.logging ?? LoggingSpec(driver: "json-file")
        return details
    }

    // The phrases of the engine's own formatter; how long ago is always a second, since the clock is logical.
    private var status: String {
        switch state {
        case .created: "Created"
        case .running:
            switch health {
            case .none: "Up 1 second"
            case .starting: "Up 1 second (health: starting)"
            case .healthy: "Up 1 second (healthy)"
            case .unhealthy: "Up 1 second (unhealthy)"
            }
        case .paused: "Up 1 second (Paused)"
        case .restarting: "Restarting (\(exitCode)) 1 second ago"
        case .removing: "Removal In Progress"
        case .exited: "Exited (\(exitCode)) 1 second ago"
        case .dead: "Dead"
        }
    }
}
