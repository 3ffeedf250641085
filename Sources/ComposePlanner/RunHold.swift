package import EngineAPI

/// A run in the foreground, which holds services for as long as it lives.
package struct RunHold: Sendable, Equatable {
    package let id: String
    /// Who it is: `gantry up (process 12, since 2026-01-31T10:00:00Z)`.
    package let holder: String
    /// The services that it was asked for.
    package let named: Set<String>
    /// These, and all that they need.
    package let services: Set<String>
    /// Of these, those that end with it unless others need them: what it has started, and what another run has left to
    /// it.
    package var own: Set<String>
    /// Whether it is about to end, so that it holds nothing any more.
    package var isEnding: Bool

    package init(
        id: String, holder: String, named: Set<String>, services: Set<String>, own: Set<String> = [],
        isEnding: Bool = false
    ) {
        self.isEnding = isEnding
        self.id = id
        self.holder = holder
        self.named = named
        self.services = services
        self.own = own
    }
}

/// What becomes of a run's containers when it ends.
package struct RunRelease: Sendable, Equatable {
    /// Those that stop.
    package var ending: Set<ContainerID> = []
    /// The services that go on running, with who needs them: a phrase such as `admin needs it`.
    package var staying: [String: String] = [:]
    /// The runs that they are left to, by identifier.
    package var heirs: [String: Set<String>] = [:]
    /// Those of ``staying`` that nobody needs any more when other runs, which are ending too, have stopped their
    /// containers. Nobody is left to end them then, so it is worth looking again.
    package var passing: Set<String> = []

    package init(
        ending: Set<ContainerID> = [], staying: [String: String] = [:], heirs: [String: Set<String>] = [:],
        passing: Set<String> = []
    ) {
        self.ending = ending
        self.staying = staying
        self.heirs = heirs
        self.passing = passing
    }
}

extension HoldSet {
    /// What becomes of a run's containers when it ends: they stop, but for those of services that a container needs
    /// which goes on running, that another run holds, or that a command has asked for since.
    ///
    /// Where the state does not know the run, it was lost, and only the containers' labels count.
    ///
    /// - Parameter started: the containers that it has started; what was left to it by others comes along.
    package func release(
        of run: String?, started: Set<ContainerID>, among containers: [ObservedContainer]
    ) -> RunRelease {
        let known = runs.first { $0.id == run }
        let others = known == nil ? [] : runs.filter { $0.id != run && !$0.isEnding }
        let leaving = known == nil ? [] : Set(runs.filter { $0.id != run && $0.isEnding }.flatMap(\.own))
        let running = containers.filter(\.summary.state.isRunning)
        let own = running.filter { container in
            started.contains(container.id)
                || !container.isOneOff && known?.own.contains(container.service) == true
                    && unheld.contains(container.service)
        }
        let ids = Set(own.map(\.id))
        var ending = Set(own.map(\.service))
        var release = RunRelease()
        func need(_ service: String) -> (reason: String, isPassing: Bool)? {
            let dependents = running.filter { dependent in
                dependent.dependencies.contains(service)
                    && !(ids.contains(dependent.id) && ending.contains(dependent.service))
            }
            let names = Set(dependents.map { $0.isOneOff ? $0.name : $0.service }).sorted()
            let reason = "\(names.joined(separator: ", ")) \(names.count == 1 ? "needs" : "need") it"
            if dependents.contains(where: { $0.isOneOff || !leaving.contains($0.service) }) { return (reason, false) }
            if let other = others.first(where: { $0.services.contains(service) }) {
                return (names.isEmpty ? "\(other.holder) needs it" : reason, false)
            }
            if known?.own.contains(service) == true, !unheld.contains(service) {
                return ("another command has asked for it since", false)
            }
            return names.isEmpty ? nil : (reason, true)
        }
        while let (service, need) = ending.sorted().lazy.compactMap({ name in need(name).map { (name, $0) } }).first {
            ending.remove(service)
            release.staying[service] = need.reason
            if need.isPassing { release.passing.insert(service) }
            for other in others where other.services.contains(service) {
                release.heirs[other.id, default: []].insert(service)
            }
        }
        release.ending = Set(own.filter { ending.contains($0.service) }.map(\.id))
        return release
    }
}
