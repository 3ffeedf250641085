import ComposeModel
import EngineAPI

/// Replaces images' tags by the digests that registries know them by, as far as the engine has them.
struct ImageDigests {
    let engine: any ContainerEngine

    /// The project with each service's image pinned; services without an image are left as they are.
    func pin(_ project: Project) async throws -> Project {
        var project = project
        for (name, service) in project.services.sorted(by: { $0.key < $1.key }) {
            guard let image = service.image, !image.contains("@") else { continue }
            project.services[name]?.image = try await pinned(image)
        }
        return project
    }

    private func pinned(_ image: String) async throws -> String {
        let digests: [String]
        do {
            digests = try await engine.image(image).digests
        } catch let error as EngineError where error.code == .notFound {
            throw UnknownDigest(image: image, reason: "the engine does not have the image; pull it first")
        }
        let repository = ImageDigests.repository(of: image)
        guard let digest = digests.first(where: { $0.hasPrefix(repository + "@") }) ?? digests.first else {
            throw UnknownDigest(image: image, reason: "it comes from no registry; push it first")
        }
        return digest
    }

    /// The name without its tag. A colon before a slash is that of the registry's port.
    private static func repository(of image: String) -> Substring {
        guard let colon = image.lastIndex(of: ":"), !image[colon...].contains("/") else { return image[...] }
        return image[..<colon]
    }
}

/// An image whose digest nobody here knows.
struct UnknownDigest: Error, CustomStringConvertible {
    let image: String
    let reason: String
    var description: String { "the digest of \(image) is not known: \(reason)" }
}
