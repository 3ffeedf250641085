import Crypto
package import EngineAPI

/// The names that keep images for a project's releases: an image that no container uses and that has no name is what
/// `docker image prune` removes, and then a release that needs it cannot be brought back.
///
/// A name is `gantry-release:shop.0123456789ab`: the project and the beginning of the image's identifier. The project
/// stands in the tag because not every project's name may stand before it.
package struct ReleaseImages {
    /// What all of these names begin with; engines list by it.
    package static let repository = "gantry-release"
    /// What an engine takes for a tag.
    private static let longestTag = 128
    /// Characters of an identifier or digest.
    private static let digits = 12

    private let prefix: String

    package init(project: String) {
        var name = project
        let most = ReleaseImages.longestTag - 1 - ReleaseImages.digits
        if name.utf8.count > most {
            let digest = hexadecimal(SHA256.hash(data: Array(project.utf8))).prefix(ReleaseImages.digits)
            // No project's name has a dot in it.
            name = "\(name.prefix(most - 1 - ReleaseImages.digits)).\(digest)"
        }
        prefix = "\(ReleaseImages.repository):\(name)."
    }

    /// The name that keeps an image.
    func name(for image: ImageID) -> String { prefix + short(image.rawValue) }

    /// Which of an image's names keep it for the project.
    func names(among tags: [String]) -> [String] {
        tags.filter { $0.hasPrefix(prefix) && $0.utf8.count == prefix.utf8.count + ReleaseImages.digits }
    }
}

extension Plan {
    /// The plan with what keeps the images of releases, and lets go those that no release has any more.
    ///
    /// What the release in force runs needs no name, because its containers use it. It comes after the commit: a release
    /// that is taken back keeps nothing.
    ///
    /// - Parameters:
    ///   - present: the images of the release that the plan makes.
    ///   - earlier: the images of the releases that are kept besides.
    ///   - named: the engine's images with names in ``ReleaseImages/repository``.
    package func keepingImages(present: Set<ImageID>, earlier: Set<ImageID>, named: [ImageSummary]) -> Plan {
        let images = ReleaseImages(project: project)
        var plan = self
        func add(_ action: Operation.Action, cause: String) {
            let id = OperationID(plan.prepare.count + plan.finish.count + 1)
            plan.finish.append(Operation(id: id, action: action, cause: cause))
        }
        let kept = Set(named.filter { $0.tags.contains(images.name(for: $0.id)) }.map(\.id))
        for image in earlier.subtracting(present).subtracting(kept).sorted(by: { $0.rawValue < $1.rawValue }) {
            add(.tagImage(image, as: images.name(for: image)), cause: "an earlier release can be brought back with it")
        }
        let wanted = Set(earlier.union(present).map(images.name))
        for name in Set(named.flatMap { images.names(among: $0.tags) }).subtracting(wanted).sorted() {
            add(.untagImage(name: name), cause: "no release that is kept has it any more")
        }
        return plan
    }
}
