import ComposeModel
import EngineAPI

/// Pins images to the digests that their registries have for them now, as Docker Compose writes them: the whole name with
/// registry and tag, then the digest.
struct ImageDigests {
    let engine: any ContainerEngine

    /// The project with each service's image pinned; one that names a digest is left as it is, and so are services
    /// without an image.
    ///
    /// - Throws: ``UnknownDigest`` for an image whose registry does not give a digest; what the engine throws otherwise.
    func pin(_ project: Project) async throws -> Project {
        var project = project
        var known: [String: String] = [:]
        for (name, service) in project.services.sorted(by: { $0.key < $1.key }) {
            guard let image = service.image, !image.contains("@") else { continue }
            let full = ImageDigests.fullName(of: image)
            let digest = if let digest = known[full] { digest } else { try await self.digest(of: full) }
            known[full] = digest
            project.services[name]?.image = "\(full)@\(digest)"
        }
        return project
    }

    private func digest(of image: String) async throws -> String {
        do {
            return try await engine.registryDigest(of: image)
        } catch let error as EngineError
            where [EngineError.Code.notFound, .unauthorized, .serverFailure].contains(error.code)
        {
            throw UnknownDigest(image: image, reason: error.message)
        }
    }

    /// The name with what is understood: the registry, Docker Hub's `library`, the tag. The part before the first slash
    /// is a registry only where it has a dot or a colon or is `localhost`.
    static func fullName(of image: String) -> String {
        let parts = image.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var name = image
        if parts.count == 1 {
            name = "docker.io/library/" + image
        } else if !parts[0].contains(where: { $0 == "." || $0 == ":" }), parts[0] != "localhost" {
            name = "docker.io/" + image
        } else if parts[0] == "docker.io", !parts[1].contains("/") {
            name = "docker.io/library/" + parts[1]
        }
        let last = name[(name.lastIndex(of: "/") ?? name.startIndex)...]
        return last.contains(":") ? name : name + ":latest"
    }
}

/// An image whose digest its registry does not give.
struct UnknownDigest: Error, CustomStringConvertible {
    let image: String
    let reason: String

    var description: String {
        "the digest of \(image) is not known: its registry does not give it (\(reason)); check the name, or push the image"
    }
}
