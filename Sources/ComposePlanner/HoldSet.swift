package import ComposeModel
import EngineAPI

/// Which services of a project nobody asked for by name: they are up only because others depend on them.
///
/// Every other service counts as held for its own sake: one that was named, and one of which nothing is known, because
/// another tool started it or the state was lost. So what is not known is never stopped.
package struct HoldSet: Sendable, Equatable {
    package var unheld: Set<String>
    /// The runs in the foreground that live.
    package var runs: [RunHold]

    package init(unheld: Set<String> = [], runs: [RunHold] = []) {
        self.unheld = unheld
        self.runs = runs
    }

    /// The services that end when those named do: with them what they depend on, directly or through others, as far as
    /// nobody asked for it and no container that goes on running depends on it.
    ///
    /// What depends on what is told by the containers' labels, so that it is what they were started for; for a service
    /// whose containers somebody has removed, by the file.
    package func ending(
        with named: [String], among containers: [ObservedContainer], of project: Project? = nil
    ) -> Set<String> {
        let replicas = Dictionary(grouping: containers.filter { !$0.isOneOff }, by: \.service)
        let running = containers.filter(\.summary.state.isRunning)
        var ending = Set(named)
        func isFree(_ service: String) -> Bool {
            unheld.contains(service)
                && !runs.contains { run in
                    !run.isEnding && run.services.contains(service) && !ending.isSuperset(of: run.named)
                }
                && replicas[service, default: []].allSatisfy { $0.labels[ComposeLabels.transaction] != nil }
                && !running.contains { dependent in
                    dependent.dependencies.contains(service)
                        && (dependent.isOneOff || !ending.contains(dependent.service))
                }
        }
        while true {
            let needed = Set(
                ending.flatMap { service in
                    replicas[service]?.flatMap(\.dependencies) ?? project?.services[service].map {
                        Array($0.dependencies.keys)
                    } ?? []
                })
            let more = needed.subtracting(ending).filter(isFree)
            if more.isEmpty { return ending }
            ending.formUnion(more)
        }
    }
}

/// What a plan makes of a project's ``HoldSet``.
package struct HoldChange: Sendable, Equatable {
    /// The services that are held from here on, or are not up any more.
    package var held: Set<String> = []
    /// The services that were started only because others depend on them, or that only ``run`` holds.
    package var unheld: Set<String> = []
    /// The run in the foreground that has started these.
    package var run: String?

    package init(held: Set<String> = [], unheld: Set<String> = [], run: String? = nil) {
        self.held = held
        self.unheld = unheld
        self.run = run
    }

    package var isEmpty: Bool { held.isEmpty && unheld.isEmpty }

    /// What bringing `members` up makes of it. What ran before and was not named is held as it was.
    ///
    /// - Parameters:
    ///   - named: the services asked for.
    ///   - isLasting: whether these are to be held though they ran before: by a command that leaves them running, not by
    ///     one that is itself their hold.
    ///   - ran: the services that ran before.
    ///   - run: the run in the foreground that holds what is started, for as long as it lives.
    init(
        bringingUp members: [Plan.Member], named: Set<String>, ran: Set<String>, isLasting: Bool, run: String? = nil
    ) {
        self.run = run
        for service in Set(members.map(\.service)) {
            let ranBefore = ran.contains(service)
            if named.contains(service), run == nil {
                if isLasting || !ranBefore { held.insert(service) }
            } else if !ranBefore, members.contains(where: { $0.service == service && $0.isStarted }) {
                unheld.insert(service)
            }
        }
    }
}
