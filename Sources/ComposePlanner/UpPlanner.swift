import ComposeGraph
package import ComposeModel
import EngineAPI

/// Decides what brings a project up. Pure: it asks no engine and no clock.
package struct UpPlanner {
    let project: Project
    let observed: ObservedState
    let options: UpOptions
    /// The replicas that are there, by service and in the order of their numbers.
    let present: [String: [ObservedContainer]]
    /// The names that the project's containers have.
    let takenNames: Set<String>
    let cache = DigestCache()
    /// What containers that are made mount from the host and nobody makes where it is missing.
    var hostPaths: [HostPath] = []
    var builder = PlanBuilder()
    var problems: [String] = []
    /// The host ports that a problem is about.
    var refusedPorts: Set<HostPort> = []
    var notices: [String] = []
    var irreversible: [String] = []
    var withheld: [String] = []
    var networkOperations: [String: OperationID] = [:]
    var volumeOperations: [String: OperationID] = [:]
    var replicas: [String: [PlannedReplica]] = [:]
    /// The stops of each service's containers.
    var stops: [String: [OperationID]] = [:]
    /// The first and the last operation of each stop.
    var containerStops: [ContainerID: (first: OperationID, last: OperationID)] = [:]
    /// The containers on networks that are made anew, with the networks' names.
    var movedContainers: [ContainerID: String] = [:]
    /// The services that are planned only because their containers are on such a network.
    var neighbours: Set<String> = []
    /// The jobs that run again though they have completed.
    private var repeatedJobs: Set<String> = []
    /// The containers of the hooks that run in ones of their own.
    var hookContainers: [ContainerHandle] = []
    var waits: [Wait: OperationID] = [:]
    var links: [OperationID: ContainerLinks] = [:]
    /// The stops of containers that go, by the host ports that they free.
    var portStops: [Int: [OperationID]] = [:]
    var renames: [(container: ContainerHandle, name: String)] = []
    var replacements: [(old: ObservedContainer, new: ContainerHandle, cause: String)] = []
    /// The replicas in whose replacement or addition the service has a say.
    var updates: [(replica: Replica, old: ContainerID?, new: OperationID, rollback: UpdatePolicy?)] = []
    /// The services of which some replicas run all the time while others are replaced.
    var gradualServices: Set<String> = []
    var tolerances: [String: UpdateTolerance] = [:]
    /// What differs where a container is made in place of another, by the operation that makes it.
    var changes: [OperationID: [FieldChange]] = [:]
    var removals: [(container: ObservedContainer, cause: String)] = []

    struct Wait: Hashable {
        let container: ContainerHandle
        let readiness: Readiness
        let isOptional: Bool
    }

    /// A replica as the plan leaves it.
    struct PlannedReplica {
        let number: Int
        let handle: ContainerHandle
        /// What was there before, nil for a new replica.
        let observed: ObservedContainer?
        /// The operation that starts it, nil where it is left as it is.
        var start: OperationID?
        /// The last of the start and the hooks that follow it: what waits for the service waits for this.
        var ready: OperationID?
        /// The first of the operations that stop its predecessor or itself.
        var stop: OperationID?
        /// Whether it starts before its predecessor stops, so that the service is there all the time.
        var isStartFirst = false

        var whenReady: [OperationID] { ready.map { [$0] } ?? [] }

        var isReplacement: Bool {
            if case .planned = handle { observed != nil } else { false }
        }
    }

    package init(project: Project, observed: ObservedState, options: UpOptions = UpOptions()) {
        self.project = project.openingAPISocket(observed.client)
        self.observed = observed
        self.options = options
        present = Dictionary(grouping: observed.containers.filter { !$0.isOneOff }, by: \.service)
            .mapValues { $0.sorted { ($0.number, $0.name) < ($1.number, $1.name) } }
        takenNames = Set(observed.containers.map(\.name))
    }

    /// The plan, or everything that stands in its way.
    package static func plan(
        _ project: Project, observed: ObservedState, options: UpOptions = UpOptions()
    ) throws(PlanError) -> Plan {
        var planner = UpPlanner(project: project, observed: observed, options: options)
        while true {
            var attempt = planner
            let plan = try attempt.makePlan()
            let jobs = attempt.neededJobs
            if jobs.isSubset(of: planner.repeatedJobs) { return plan }
            planner.repeatedJobs.formUnion(jobs)
        }
    }

    private mutating func makePlan() throws(PlanError) -> Plan {
        let graph = DependencyGraph(project.services.mapValues { Set($0.dependencies.keys) })
        let named = options.services.isEmpty ? Array(project.services.keys) : options.services
        let needing = options.noReplicaNeedsNothing ? named.filter { options.scale[$0] != 0 } : named
        let wanted = Set(named).union(options.withoutDependencies ? [] : graph.closure(of: needing))
        guard let order = graph.order() else { throw PlanError(["The services depend on each other in a circle."]) }
        let doomed = doomedVolumes(of: wanted)
        let waiting = doomed.isEmpty ? [] : services(waitingFor: doomed).intersection(wanted)
        let chosen = wanted.subtracting(waiting)
        neighbours = neighbours(of: chosen)
        let services = order.filter(chosen.union(neighbours).contains).compactMap { project.services[$0] }

        let pulls = planPulls(
            waiting.isEmpty
                ? services : order.filter(wanted.union(neighbours).contains).compactMap { project.services[$0] })
        planDestruction(of: doomed, waiting: waiting)
        planNetworks(services)
        planVolumes(services)
        planOrphans()
        for service in services { judge(service) }
        for service in services where !isLeftAlone(service) {
            planService(service, isNamed: named.contains(service.name))
        }
        planOneOffNeeds()
        if options.wait { planFinalWaits(services) }
        let publishing = services.filter { !$0.ports.isEmpty }
        refusePortConflicts(publishing)
        guard problems.isEmpty else {
            var attempt = Plan(project: project.name)
            attempt.prepare = builder.prepare
            attempt.hostPorts = newHostPorts(publishing)
            attempt.hostPaths = newHostPaths()
            throw PlanError(problems, attempt: attempt)
        }
        planFinish(doomed)
        planHookRemovals(services)
        announceRotation(services)

        var plan = Plan(project: project.name)
        plan.pulls = pulls
        plan.prepare = taggingUpdates(builder.prepare)
        plan.finish = taggingUpdates(builder.finish)
        // What waits for volumes to go must not find their users.
        plan.tolerances = doomed.isEmpty ? tolerances : [:]
        plan.keepsFailures = options.keepsFailures
        plan.specs = builder.specs
        plan.links = links
        plan.changes = changes
        plan.notices = notices
        plan.irreversible = irreversible
        plan.withheld = withheld
        plan.isFirstOfTwo = !doomed.isEmpty
        plan.hostPorts = newHostPorts(publishing)
        plan.hostPaths = newHostPaths()
        plan.logSockets = logSockets(services)
        plan.members = services.flatMap { service in
            (replicas[service.name] ?? []).map {
                .init(service: service.name, number: $0.number, handle: $0.handle, isStarted: $0.start != nil)
            }
        }
        if options.isSupervised { plan.restartRules = project.services.compactMapValues { RestartRule($0) } }
        if options.refusesEarlyExits { plan.vitalStarts = vitalStarts(services) }
        if !options.withoutStart, !options.leavesHolds {
            plan.holds = HoldChange(
                bringingUp: plan.members, named: Set(named), ran: observed.runningServices.union(options.ranBefore),
                isLasting: options.isLasting, run: options.run)
        }
        return plan
    }

    // MARK: Services

    private mutating func planService(_ service: Service, isNamed: Bool) {
        let all = self.present[service.name] ?? []
        let leftovers = leftovers(among: all)
        let present = all.filter { container in
            !leftovers.contains(container) && !removals.contains { $0.container.id == container.id }
        }
        if !options.onlyStart {
            for leftover in leftovers { planRemoval(of: leftover, cause: "was left by an interrupted replacement") }
        }
        if options.onlyStart, present.isEmpty, service.replicas > 0 {
            problems.append("Service \(service.name) has no container to start. `gantry up` creates it.")
        }
        let count =
            options.onlyStart || neighbours.contains(service.name)
            ? present.count : options.scale[service.name] ?? service.replicas
        if count > 1, let name = service.containerName {
            problems.append(
                "Service \(service.name) cannot have \(count) replicas, because container_name gives all of them the "
                    + "name \(name). Remove container_name.")
        }
        let asked = options.renewsVolumes && options.recreate != .never ? .always : options.recreate
        let recreate: UpOptions.Recreate = isNamed || options.recreate == .never ? asked : .diverged
        let causes = present.map { recreateCause(of: $0, service, recreate) ?? adoptionObstacle($0, recreate) }
        let kept = keptIndices(present, causes, count: count)

        for index in present.indices.reversed() where !kept.contains(index) {
            planRemoval(
                of: present[index], cause: "\(service.name) is to have \(count) \(count == 1 ? "replica" : "replicas")")
        }
        let added = max(0, count - kept.count)
        let changing = kept.filter { causes[$0] != nil || isAdopted(present[$0]) }.map { present[$0] }
        var update = rollingUpdate(of: service, replacing: changing, among: present, adding: added)
        for index in kept {
            if let cause = causes[index] {
                planReplacement(of: present[index], service, cause: cause, in: &update)
            } else {
                planKept(present[index], service, in: &update)
            }
        }
        let highest = present.map(\.number).max() ?? 0
        for number in 0..<added {
            planCreation(
                service, number: highest + number + 1, cause: present.isEmpty ? "is not there yet" : "scaled up",
                in: &update)
        }
        if update?.isGradual == true { gradualServices.insert(service.name) }
        planPreStart(service)
    }

    /// Which containers stay when there are too many: those that need no replacing first, then the lowest numbers.
    private func keptIndices(_ present: [ObservedContainer], _ causes: [RecreateCause?], count: Int) -> [Int] {
        let (fitting, others) = (
            present.indices.filter { causes[$0] == nil }, present.indices.filter { causes[$0] != nil }
        )
        return (fitting + others).prefix(max(0, count)).sorted()
    }

    private mutating func planKept(
        _ container: ObservedContainer, _ service: Service, in update: inout RollingUpdate?
    ) {
        let missing = options.onlyStart ? nil : missingName(of: container)
        let handle = missing.map { ContainerHandle.existing(container.id, name: $0) } ?? container.handle
        var replica = PlannedReplica(number: container.number, handle: handle, observed: container)
        if let missing { renames.append((container.handle, missing)) }
        if isAdopted(container) { replica.ready = planAdoption(of: handle, container, service, in: &update) }
        let restarting = service.dependencies.filter(\.value.restart).keys.sorted()
            .flatMap { replicas[$0] ?? [] }.filter { $0.isReplacement || $0.stop != nil }
        if !options.withoutStart { refusePaused(container) }
        if starts(container, service), container.summary.state != .running, container.summary.state != .restarting {
            addStart(
                of: &replica, service, hooks: hooks(.postStart, of: container),
                cause: "is \(container.summary.state.rawValue)", needs: [])
        } else if !restarting.isEmpty, !options.withoutStart {
            let cause = "restarts with what it depends on"
            // It need not be away for as long as what it depends on stays there.
            let stop = addStop(
                of: container, cause: cause, needs: restarting.filter(\.isStartFirst).flatMap(\.whenReady))
            for other in restarting.compactMap(\.stop) { builder.require(other, after: stop.last) }
            replica.stop = stop.first
            addStart(
                of: &replica, service, hooks: hooks(.postStart, of: container), cause: cause, needs: [stop.last])
        }
        replicas[service.name, default: []].append(replica)
    }

    /// Whether a container that stays is to run. One that moves with a network is left as it was, and so is a job that has
    /// completed, unless someone asked for it or waits for it.
    private func starts(_ container: ObservedContainer, _ service: Service) -> Bool {
        if options.withoutStart || neighbours.contains(service.name) { return false }
        return !isDone(container, service) || repeatedJobs.contains(service.name)
    }

    private func isDone(_ container: ObservedContainer, _ service: Service) -> Bool {
        guard !options.onlyStart, !options.services.contains(service.name), container.summary.hasSucceeded else {
            return false
        }
        return project.services.values.contains { $0.dependencies[service.name]?.condition == .completed }
    }

    /// The completed jobs that something waits for which the plan starts.
    private var neededJobs: Set<String> {
        var needed: Set<String> = []
        for (name, replicas) in replicas where replicas.contains(where: { $0.start != nil }) {
            for (other, dependency) in project.services[name]?.dependencies ?? [:]
            where dependency.condition == .completed { needed.insert(other) }
        }
        return needed.filter { (replicas[$0] ?? []).contains { $0.start == nil } }
    }
}
