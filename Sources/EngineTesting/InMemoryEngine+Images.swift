public import EngineAPI

extension InMemoryEngine {
    /// One image. Throws `.notFound` where it is not present on the engine.
    public func image(_ reference: String) async throws -> ImageDetails {
        try perform(.reading, { _ in "inspect image \(reference)" }) { try $0.findImage(reference).details }
    }

    /// Lists the images present.
    public func images(matching filter: ObjectFilter) async throws -> [ImageSummary] {
        try perform(.reading, { _ in "list images" }) { $0.list(imagesMatching: filter) }
    }

    /// As the protocol has it; the image is there before `body` begins. The platform is not looked at.
    public func withPull<Result: Sendable>(
        of reference: String,
        platform: String?,
        _ body: (EngineStream<PullProgress>) async throws -> Result
    ) async throws -> Result {
        let progress = try perform(.mutating, { _ in "pull \(reference)" }) { try $0.pull(reference) }
        return try await body(stream(progress))
    }

    /// As the protocol has it; the registry has the `.pullable` images.
    public func registryDigest(of reference: String) async throws -> String {
        try perform(.reading, { _ in "find digest \(reference)" }) { try $0.registryDigest(of: reference) }
    }

    /// Gives an image another name.
    public func tagImage(_ reference: String, as name: String) async throws {
        try perform(.mutating, { _ in "tag \(reference) \(name)" }) { try $0.tag(reference, as: name) }
    }

    /// Removes an image, or its name where it has several.
    public func removeImage(_ reference: String, force: Bool) async throws {
        try perform(.mutating, { _ in "remove image \(reference)" }) { try $0.removeImage(reference, force: force) }
    }

    /// Reads the context to its end and makes the image that the `t` parameters name, with the behaviour that a
    /// `.buildable` image of that name was added with. The same context and parameters give the same image.
    public func withBuild<Result: Sendable>(
        context: EngineStream<[UInt8]>,
        parameters: [BuildParameter],
        _ body: (EngineStream<[UInt8]>) async throws -> Result
    ) async throws -> Result {
        var digest = ContentDigest()
        for try await bytes in context { digest.add(bytes) }
        for parameter in parameters { digest.add(Array("\(parameter.name)=\(parameter.value)\n".utf8)) }
        let content = digest.value
        let names = parameters.filter { $0.name == "t" }.map(\.value)
        let image = try perform(.mutating, { _ in "build \(names.joined(separator: " "))" }) {
            $0.build(tags: names, context: content)
        }
        let lines = ["{\"aux\":{\"ID\":\"\(image)\"}}\n", "{\"stream\":\"Successfully built \(image)\\n\"}\n"]
        return try await body(stream(lines.map { Array($0.utf8) }))
    }
}

/// The 64-bit FNV-1a hash: enough to tell a test's contexts apart.
private struct ContentDigest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: [UInt8]) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0100_0000_01b3 }
    }
}
