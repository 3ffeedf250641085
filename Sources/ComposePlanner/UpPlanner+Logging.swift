import ComposeModel
import EngineAPI

// How the engine keeps what containers write.
extension UpPlanner {
    /// Enough that a shipper which is away for a while, or behind a burst, still finds everything, and little enough that
    /// containers which write much fill no disk.
    private static let rotation = LoggingSpec(driver: "json-file", options: ["max-size": "64m", "max-file": "4"])

    /// A driver that gives up loses lines; this many attempts take years.
    private static let endless = "2147483647"

    /// What a service's new containers get. It is no part of their `config-hash`: where shipping is switched on, containers
    /// stay as they are until something else makes new ones.
    func logging(_ service: Service, number: Int) -> LoggingSpec? {
        if project.forwardsOutput(of: service) { return forwarding(service, number: number) }
        if let logging = service.logging { return LoggingSpec(driver: logging.driver, options: logging.options) }
        return project.rotatesOutput ? UpPlanner.rotation : nil
    }

    /// The containers send their output, and go on when it is acknowledged: what is written is nowhere else.
    private func forwarding(_ service: Service, number: Int) -> LoggingSpec {
        LoggingSpec(
            driver: "fluentd",
            options: [
                "fluentd-address": "unix://\(project.logSocket)", "fluentd-async": "false",
                "fluentd-request-ack": "true", "fluentd-max-retries": UpPlanner.endless, "fluentd-retry-wait": "100ms",
                "fluentd-sub-second-precision": "true",
                "tag": "\(project.name)/\(service.name)/\(number)/\(service.imageName(in: project))",
            ])
    }

    /// Why a container has to be replaced that sends its output and is not to, or the other way round.
    func captureCause(of container: ObservedContainer, _ service: Service) -> RecreateCause? {
        let sends = container.labels[ComposeLabels.logs] == ComposeLabels.forwarded
        guard sends != project.forwardsOutput(of: service) else { return nil }
        return RecreateCause(sends ? "does not send its output any more" : "is to send its output")
    }

    mutating func judgeLogging(_ service: Service) {
        guard project.forwardsOutput(of: service), service.logging != nil else { return }
        problems.append(
            "Service \(service.name): x-gantry.logs.capture is \"forward\", which is a log driver of its own, so there "
                + "cannot be `logging` beside it. Remove one of them.")
    }

    /// Where services that send their output have to be listened to before their containers can start.
    func logSockets(_ services: [Service]) -> [String: String] {
        let starting = Set(
            builder.prepare.compactMap { operation in
                if case .startContainer = operation.action { operation.service } else { nil }
            })
        let sending = services.filter { project.forwardsOutput(of: $0) && starting.contains($0.name) }
        return Dictionary(sending.map { ($0.name, project.logSocket) }) { first, _ in first }
    }

    /// Says which containers get another logging than Docker Compose would give them.
    mutating func announceRotation(_ services: [Service]) {
        guard project.rotatesOutput else { return }
        let made = Set(
            builder.prepare.compactMap { operation in
                if case .createContainer = operation.action { operation.service } else { nil }
            })
        let rotated = services.filter {
            $0.logging == nil && made.contains($0.name) && !project.forwardsOutput(of: $0)
        }.map(\.name).sorted()
        guard !rotated.isEmpty else { return }
        notices.append(
            "The output of \(rotated.joined(separator: ", ")) is kept in 4 files of 64 MB for each new container, so that "
                + "what is shipped is not gone before it is read. x-gantry: {logs: {rotation: false}} leaves that to the "
                + "engine.")
    }
}
