import EngineAPI

extension ContainerEngine {
    /// Removes a network. What an engine has forgotten on it goes first: now and then a container that ends and is removed
    /// leaves its endpoint behind, which no removal of a container takes away any more.
    func removeNetworkWithStrays(_ id: NetworkID) async throws {
        do {
            try await removeNetwork(id)
        } catch let error as EngineError where error.code != .notFound && !error.isAmbiguous {
            var isFreed = false
            for name in (try? await network(id).strayEndpoints) ?? [] where await !has(ContainerID(name)) {
                try await disconnect(ContainerID(name), from: id, force: true)
                isFreed = true
            }
            guard isFreed else { throw error }
            try await removeNetwork(id)
        }
    }

    /// Whether a container is there, or may be.
    private func has(_ container: ContainerID) async -> Bool {
        do {
            _ = try await self.container(container)
            return true
        } catch {
            return (error as? EngineError)?.code != .notFound
        }
    }
}
