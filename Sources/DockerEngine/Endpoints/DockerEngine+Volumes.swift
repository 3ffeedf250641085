public import EngineAPI

extension DockerEngine {
    /// Lists volumes.
    public func volumes(matching filter: ObjectFilter) async throws -> [VolumeSummary] {
        let filters = JSONText.filters(["label": filter.labels, "name": filter.names])
        let answer = try await transport.value(VolumeListBody.self, of: get("/volumes", query: filters))
        return (answer.volumes ?? []).map(\.summary)
    }

    /// One volume. Throws `.notFound`.
    public func volume(_ name: String) async throws -> VolumeSummary {
        try await transport.value(VolumeBody.self, of: get(path(name))).summary
    }

    /// Creates a volume; one that exists with this name is returned as it is.
    public func createVolume(_ spec: VolumeSpec) async throws -> VolumeSummary {
        let request = post("/volumes/create", json: VolumeCreateBody(spec))
        return try await transport.value(VolumeBody.self, of: request).summary
    }

    /// Removes a volume. Throws `.conflict` where a container uses it.
    public func removeVolume(_ name: String, force: Bool) async throws {
        try await transport.run(delete(path(name), query: force ? [("force", "1")] : []))
    }

    private func path(_ name: String) -> String { "/volumes/\(URLText.component(name))" }
}
