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
                id: id, action: action, cause: cause, needs: Set(needs).sorted(), service: service,
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
        finish.append(Operation(id: id, action: action, cause: cause, needs: Set(needs).sorted(), service: service))
        specs[id] = spec
        return id
    }

    /// Lets an operation before the commit wait for a further one.
    mutating func require(_ id: OperationID, after need: OperationID) {
        guard let index = prepare.firstIndex(where: { $0.id == id }) else { return }
        let operation = prepare[index]
        prepare[index] = operation.needing(Set(operation.needs + [need]).sorted())
    }
}
