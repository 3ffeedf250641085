public import EngineAPI

extension InMemoryEngine {
    /// Lists volumes.
    public func volumes(matching filter: ObjectFilter) async throws -> [VolumeSummary] {
        try perform(.reading, { _ in "list volumes" }) { state in
            state.volumes.values.map(\.summary).filter { filter.matches(labels: $0.labels, names: [$0.name]) }
                .sorted { $0.name < $1.name }
        }
    }

    /// One volume. Throws `.notFound`.
    public func volume(_ name: String) async throws -> VolumeSummary {
        try perform(.reading, { _ in "inspect volume \(name)" }) { try $0.findVolume(name) }
    }

    /// Creates a volume; one that exists with this name is returned as it is.
    public func createVolume(_ spec: VolumeSpec) async throws -> VolumeSummary {
        try perform(.mutating, { _ in "create volume \(spec.name)" }) { $0.createVolume(spec) }
    }

    /// Removes a volume. Throws `.conflict` where a container uses it.
    public func removeVolume(_ name: String, force: Bool) async throws {
        try perform(.mutating, { _ in "remove volume \(name)" }) { try $0.removeVolume(name, force: force) }
    }
}
