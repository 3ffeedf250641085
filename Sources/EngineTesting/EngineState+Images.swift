import EngineAPI

// Images on the engine, in registries, and built.
extension EngineState {
    /// An image by name, identifier, or the beginning of an identifier.
    func findImage(_ reference: String) throws(Refusal) -> Image {
        if let id = tags[ImageReference(reference)], let image = images[id] { return image }
        let text = reference.hasPrefix("sha256:") ? String(reference.dropFirst("sha256:".count)) : reference
        let candidates = images.values.filter { !text.isEmpty && $0.details.id.rawValue.hasPrefix("sha256:" + text) }
        if let image = candidates.first, candidates.count == 1 { return image }
        throw .notFound("No such image: \(ImageReference(reference).familiar)")
    }

    mutating func addImage(_ reference: String, _ behavior: ImageBehavior, _ availability: ImageAvailability) {
        let name = ImageReference(reference)
        switch availability {
        case .present: install(makeImage(behavior, seed: newIdentifier()), as: name)
        case .pullable: pullable[name] = makeImage(behavior, seed: newIdentifier())
        case .buildable: buildable[name] = behavior
        }
    }

    mutating func pull(_ reference: String) throws -> [PullProgress] {
        let name = ImageReference(reference)
        guard let image = pullable[name] else {
            throw Refusal.notFound(
                "pull access denied for \(name.familiarName), repository does not exist or may require 'docker login': "
                    + "denied: requested access to the resource is denied")
        }
        let isCurrent = tags[name] == image.details.id
        install(image, as: name)
        record("image", "pull", name.familiar, ["name": name.familiarName])
        let result = isCurrent ? "Image is up to date for" : "Downloaded newer image for"
        var progress = [PullProgress(id: String(name.suffix.dropFirst()), status: "Pulling from \(name.familiarName)")]
        if !isCurrent {
            let layer = String(image.details.id.rawValue.dropFirst("sha256:".count).prefix(12))
            progress.append(PullProgress(id: layer, status: "Downloading", current: 1, total: 1))
            progress.append(PullProgress(id: layer, status: "Pull complete"))
        }
        return progress + [PullProgress(status: "Status: \(result) \(name.familiar)")]
    }

    func registryDigest(of reference: String) throws -> String {
        guard let image = pullable[ImageReference(reference)] else {
            throw Refusal.notFound("manifest unknown: \(ImageReference(reference).familiar)")
        }
        return image.details.id.rawValue
    }

    mutating func tag(_ reference: String, as newName: String) throws {
        let image = try findImage(reference)
        install(image, as: ImageReference(newName))
        record("image", "tag", image.details.id.rawValue, ["name": ImageReference(newName).familiar])
    }

    mutating func removeImage(_ reference: String, force: Bool) throws {
        let image = try findImage(reference)
        let name = ImageReference(reference)
        let id = image.details.id
        let isByName = tags[name] == id
        if !isByName, image.details.tags.count > 1, !force {
            throw Refusal.conflict(
                "conflict: unable to delete \(shortened(id)) (must be forced) - "
                    + "image is referenced in multiple repositories")
        }
        if let user = containers.values.first(where: { $0.imageID == id }), !isByName || image.details.tags.count == 1,
            !force || user.state.isRunning
        {
            throw Refusal.conflict(
                "conflict: unable to remove repository reference \"\(reference)\" (must force) - "
                    + "container \(user.id.short) is using its referenced image \(shortened(id))")
        }
        for tag in tags.filter({ $0.value == id && (!isByName || $0.key == name) }).keys { untag(tag) }
        if images[id]?.details.tags.isEmpty == true, !containers.values.contains(where: { $0.imageID == id }) {
            images[id] = nil
            record("image", "delete", id.rawValue, ["name": id.rawValue])
        }
    }

    /// Makes the image that a build names; the same context and parameters give the same image.
    mutating func build(tags names: [String], context: UInt64) -> ImageID {
        let behavior = names.compactMap { buildable[ImageReference($0)] }.first ?? ImageBehavior()
        let image = makeImage(behavior, seed: hexadecimal(seed: context))
        if names.isEmpty { images[image.details.id] = image }
        for name in names { install(image, as: ImageReference(name)) }
        return image.details.id
    }

    func list(imagesMatching filter: ObjectFilter) -> [ImageSummary] {
        // As Docker has it, a name without a tag stands for all of its tags, and only the names asked for are told.
        let isAskedFor = { (tag: String) in
            filter.names.isEmpty || filter.names.contains(tag)
                || filter.names.contains(ImageReference(tag).familiarName)
        }
        return images.values.map {
            ImageSummary(
                id: $0.details.id, tags: $0.details.tags.filter(isAskedFor), labels: $0.details.labels,
                created: $0.created, size: $0.details.size)
        }
        .filter { image in
            ObjectFilter(labels: filter.labels).matches(labels: image.labels, names: [])
                && (filter.names.isEmpty || !image.tags.isEmpty)
        }
        .sorted { ($1.created, $0.id) < ($0.created, $1.id) }
    }

    private mutating func makeImage(_ behavior: ImageBehavior, seed: String) -> Image {
        let details = ImageDetails(
            id: ImageID("sha256:" + seed), volumes: behavior.volumes, exposedPorts: behavior.exposedPorts,
            labels: behavior.labels, healthCheck: behavior.healthCheck)
        return Image(details: details, created: stamp(), behavior: behavior.container)
    }

    private mutating func install(_ image: Image, as name: ImageReference) {
        let id = image.details.id
        if tags[name] == id { return }
        if tags[name] != nil { untag(name) }
        images[id] = images[id] ?? image
        tags[name] = id
        images[id]?.details.tags.append(name.familiar)
        images[id]?.details.digests.append("\(name.familiarName)@\(id)")
    }

    private mutating func untag(_ name: ImageReference) {
        guard let id = tags.removeValue(forKey: name) else { return }
        images[id]?.details.tags.removeAll { $0 == name.familiar }
        images[id]?.details.digests.removeAll { $0 == "\(name.familiarName)@\(id)" }
        record("image", "untag", id.rawValue, ["name": name.familiar])
    }

    private func shortened(_ id: ImageID) -> String { String(id.rawValue.dropFirst("sha256:".count).prefix(12)) }
}
