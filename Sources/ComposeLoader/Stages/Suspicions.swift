import ComposeModel
import YAML

/// Looks for what a project may say and can hardly mean: services that get in each other's way, conditions that cannot
/// come true, settings that another one switches off.
struct Suspicions {
    /// The project with the services that are to run, and no others.
    let project: Project
    let locator: Locator
    var reporter: Reporter

    /// - Parameter profiles: Those that the command line and the environment turn on.
    mutating func find(profiles: [(name: String, isOption: Bool)], known: Set<String>) {
        for profile in profiles { check(profile.name, isOption: profile.isOption, known) }
        checkPorts()
        for service in project.services.sorted(by: { $0.key < $1.key }).map(\.value) {
            checkConditions(of: service)
            checkRestart(of: service)
        }
    }

    // MARK: Profiles

    /// The environment may name profiles of other projects: there only what is nearly one of this project's is a mistake.
    private mutating func check(_ profile: String, isOption: Bool, _ known: Set<String>) {
        guard !profile.isEmpty, profile != "*", !known.contains(profile) else { return }
        let hint = Suggestion.hint(for: profile, among: known.sorted())
        guard isOption || hint != nil else { return }
        reporter.at([]) {
            $0.warn(.unknownProfile, "no service has the profile \"\(profile)\"", at: nil, hint: hint)
        }
    }

    // MARK: Ports

    /// A port of the host that a service takes for good.
    private struct Claim {
        var service: String
        var index: Int
        var address: String
    }

    /// Two services, or one twice, on one port of the host: the engine starts the first only. A range is no claim: the
    /// engine takes a free port of it.
    private mutating func checkPorts() {
        var claims: [String: Claims] = [:]
        for (name, service) in project.services.sorted(by: { $0.key < $1.key }) where service.publishesPorts {
            for (index, port) in service.ports.enumerated() {
                guard let published = port.published.flatMap({ Int($0) }), published > 0 else { continue }
                let claim = Claim(service: name, index: index, address: port.hostAddress ?? "")
                let key = "\(published)/\(port.transport)"
                if let other = claims[key, default: Claims()].add(claim) { report(claim, other, key) }
                if service.replicas > 1 { report(claim, key, replicas: service.replicas) }
            }
        }
    }

    /// The claims to one port, by what their addresses stand for, so that many of them cost no more each.
    private struct Claims {
        private var byAddress: [String: Claim] = [:]

        /// Adds a claim; returns an earlier one to the same port of the same address. No address is all of them.
        mutating func add(_ claim: Claim) -> Claim? {
            let wildcard = claim.address.contains(":") ? "::" : "0.0.0.0"
            let rivals: [String] =
                switch claim.address {
                case "": ["any"]
                case "0.0.0.0", "::": [claim.address, "", "some " + wildcard]
                default: [claim.address, "", wildcard]
                }
            let other = rivals.compactMap { byAddress[$0] }.first
            for key in [claim.address, "any", "some " + wildcard] where byAddress[key] == nil { byAddress[key] = claim }
            return other
        }
    }

    private mutating func report(_ claim: Claim, _ port: String, replicas: Int) {
        let path = ["services", claim.service, "ports", String(claim.index)]
        let mark = locator.place(path, value: true)
        reporter.at(path) {
            $0.warn(
                .portCollision, "each of \(replicas) replicas wants port \(port) of the host, and one can have it",
                at: mark)
        }
    }

    private mutating func report(_ claim: Claim, _ other: Claim, _ port: String) {
        let mark = locator.place(["services", claim.service, "ports", String(claim.index)], value: true)
        let place = locator.place(["services", other.service, "ports", String(other.index)], value: true)
        reporter.at(["services", claim.service, "ports", String(claim.index)]) {
            $0.warn(
                .portCollision,
                "port \(port) of the host is taken by \(other.service) already, at \(place.file.path):\(place.line)",
                at: mark)
        }
    }

    // MARK: Conditions

    private mutating func checkConditions(of service: Service) {
        for (target, dependency) in service.dependencies.sorted(by: { $0.key < $1.key }) {
            guard let other = project.services[target], let reason = Self.obstacle(to: dependency.condition, other)
            else { continue }
            let path = ["services", service.name, "depends_on", target]
            let mark = locator.place(path + ["condition"], value: true)
            reporter.at(path) { $0.warn(.impossibleCondition, "\(target) \(reason)", at: mark) }
        }
    }

    /// Why a service can never fulfil a condition, nil where it may.
    private static func obstacle(to condition: Dependency.Condition, _ service: Service) -> String? {
        switch condition {
        case .healthy:
            let check = service.healthCheck
            guard check?.disable == true || check?.test?.first == "NONE" else { return nil }
            return "never becomes healthy: its healthcheck is off"
        case .completed:
            // The file's own word for it: a policy under deploy takes its place.
            guard service.deploy?.restartPolicy == nil, let restart = service.restart,
                [.always, .unlessStopped].contains(restart.condition)
            else { return nil }
            return "never completes: it is restarted each time it ends (restart: \(restart))"
        case .started: return nil
        }
    }

    // MARK: Restart

    private mutating func checkRestart(of service: Service) {
        guard let restart = service.restart, let policy = service.deploy?.restartPolicy else { return }
        let meaning = RestartPolicy.Condition(policy.condition)
        let attempts = policy.maximumAttempts ?? 0
        guard restart.condition != meaning || (meaning == .onFailure && (restart.maximumRetries ?? 0) != attempts)
        else { return }
        let path = ["services", service.name, "restart"]
        let mark = locator.place(path)
        reporter.at(path) {
            $0.warn(
                .twoRestartPolicies, "\"restart\" has no effect: \"deploy.restart_policy\" differs and wins", at: mark)
        }
    }
}

extension RestartPolicy.Condition {
    /// What `deploy.restart_policy.condition` means on one host; Docker Compose restarts nothing where it is not given.
    fileprivate init(_ condition: String?) {
        self =
            switch condition {
            case "any", "always": .always
            case "on-failure": .onFailure
            case "unless-stopped": .unlessStopped
            default: .no
            }
    }
}

extension Service {
    /// Whether its ports are the host's: in another's network, or the host's, they are not published.
    fileprivate var publishesPorts: Bool {
        guard let mode = networkMode else { return true }
        return mode != "host" && mode != "none" && !mode.contains(":")
    }
}
