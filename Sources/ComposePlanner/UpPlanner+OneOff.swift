import ComposeModel

// What a one-off container of a service needs before it runs.
extension UpPlanner {
    /// Whether the plan leaves a service's replicas as they are, because only a further container of it is to run. Those
    /// on a network that is made anew have to move with it all the same.
    mutating func isLeftAlone(_ service: Service) -> Bool {
        guard service.name == options.oneOff else { return false }
        guard observed.replicas(of: service.name).contains(where: { movedContainers[$0.id] != nil }) else {
            return true
        }
        neighbours.insert(service.name)
        return false
    }

    /// Adds the waits for what the one-off's service depends on; to be called when that is planned.
    mutating func planOneOffNeeds() {
        guard !options.withoutDependencies, let service = options.oneOff.flatMap({ project.services[$0] }) else {
            return
        }
        _ = startNeeds(of: service)
    }
}
