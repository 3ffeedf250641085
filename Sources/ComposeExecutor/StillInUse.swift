import EngineAPI

/// A network or volume that cannot go yet, because containers use it that the plan does not take away.
struct StillInUse: Error, CustomStringConvertible {
    /// The containers' names.
    let users: [String]

    var description: String {
        "\(users.joined(separator: ", ")) \(users.count == 1 ? "uses" : "use") it"
    }

    /// Removes something; where the engine refuses, it is looked up who still uses it.
    static func naming(
        _ isUser: (ContainerSummary) -> Bool, on engine: any ContainerEngine, _ remove: () async throws -> Void
    ) async throws {
        do {
            try await remove()
        } catch let error as EngineError where error.code != .notFound && !error.isAmbiguous {
            let users = ((try? await engine.containers(matching: ObjectFilter())) ?? []).filter(isUser)
            if users.isEmpty { throw error }
            throw StillInUse(users: users.map(\.name).sorted())
        }
    }
}
