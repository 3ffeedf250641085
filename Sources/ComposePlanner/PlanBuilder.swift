/// Collects operations and numbers them in the order in which they are added.
struct PlanBuilder {
    private(set) var prepare: [Operation] = []
    private(set) var finish: [Operation] = []
    private(set) var specs: [OperationID: ResourceSpec] = [:]

    private var nextID: OperationID { OperationID(prepare.count + finish.count + 1) }

    /// Adds an operation before the commit. All of these must be added before the first of ``addFinish``.
    mutating func add(
        _ action: Operation.Action, cause: String, needs: [OperationID] = [], service: String? = nil,
        isOptional: Bool = false, spec: ResourceSpec? = nil
    ) -> OperationID {
        let id = nextID
        prepare.append(
            Operation(
                id: id, action: action, cause: cause, needs: PlanBuilder.ordered(needs), service: service,
                isOptional: isOptional))
        specs[id] = spec
        return id
    }

    /// Adds an operation after the commit.
    mutating func addFinish(
        _ action: Operation.Action, cause: String, needs: [OperationID] = [], service: String? = nil,
        spec: ResourceSpec? = nil
    ) -> OperationID {
        let id = nextID
        finish.append(
            Operation(id: id, action: action, cause: cause, needs: PlanBuilder.ordered(needs), service: service))
        specs[id] = spec
        return id
    }

    /// Lets an operation before the commit wait for a further one.
    mutating func require(_ id: OperationID, after need: OperationID) {
        let index = id.rawValue - 1
        guard prepare.indices.contains(index) else { return }
        prepare[index] = prepare[index].needing(PlanBuilder.ordered(prepare[index].needs + [need]))
    }

    /// Each need once, in ascending order. Most operations have one at most, which is in order as it is.
    private static func ordered(_ needs: [OperationID]) -> [OperationID] {
        needs.count < 2 ? needs : Set(needs).sorted()
    }
}
