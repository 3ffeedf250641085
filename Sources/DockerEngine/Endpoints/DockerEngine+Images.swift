public import EngineAPI
import NIOHTTP1

extension DockerEngine {
    /// One image. Throws `.notFound` where it is not present on the engine.
    public func image(_ reference: String) async throws -> ImageDetails {
        try await transport.value(ImageInspectBody.self, of: get("\(path(reference))/json")).details
    }

    /// Lists the images present.
    public func images(matching filter: ObjectFilter) async throws -> [ImageSummary] {
        let filters = JSONText.filters(["label": filter.labels, "reference": filter.names])
        return try await transport.value([ImageListBody].self, of: get("/images/json", query: filters)).map(\.summary)
    }

    /// Fetches an image from its registry. A failure that the engine reports within the stream is thrown from it.
    public func withPull<Result: Sendable>(
        of reference: String, platform: String?,
        _ body: (EngineStream<PullProgress>) async throws -> Result
    ) async throws -> Result {
        var request = post("/images/create", query: [("fromImage", reference)])
        // Without a tag engines fetch every tag there is.
        if !reference.hasTagOrDigest { request.query.append(("tag", "latest")) }
        if let platform { request.query.append(("platform", platform)) }
        request.deadline = transport.configuration.image
        request.call += "?fromImage=\(reference)"
        return try await transport.withResponse(to: request) { response in
            let lines = JSONSequenceDecoder(PullLineBody.self) { line in
                if let failure = line.failure { throw ReportedFailure(message: failure) }
                return line.progress
            }
            return try await body(response.stream(lines))
        }
    }

    /// The digest that an image's registry has for it now. The engine asks the registry.
    public func registryDigest(of reference: String) async throws -> String {
        var request = get("/distribution/\(URLText.reference(reference))/json")
        request.deadline = transport.configuration.image
        return try await transport.value(DistributionBody.self, of: request).descriptor.digest
    }

    /// Gives an image another name.
    public func tagImage(_ reference: String, as name: String) async throws {
        var (repository, tag) = (name[...], "latest"[...])
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") {
            (repository, tag) = (name[..<colon], name[name.index(after: colon)...])
        }
        let query = [("repo", String(repository)), ("tag", String(tag))].map { (name: $0.0, value: $0.1) }
        try await transport.run(post("\(path(reference))/tag", query: query))
    }

    /// Removes an image, or its name where it has several.
    public func removeImage(_ reference: String, force: Bool) async throws {
        try await transport.run(delete(path(reference), query: force ? [("force", "1")] : []))
    }

    /// Builds an image. The context is sent as it is produced, while the engine's lines are read; a failure of the
    /// build is one of these lines.
    public func withBuild<Result: Sendable>(
        context: EngineStream<[UInt8]>, parameters: [BuildParameter],
        _ body: (EngineStream<[UInt8]>) async throws -> Result
    ) async throws -> Result {
        let request = EngineRequest(
            .POST, "/build", query: parameters.map { ($0.name, $0.value) }, body: .tarStream(context),
            deadline: transport.configuration.image)
        return try await transport.withResponse(to: request) { response in
            try await body(response.stream(JSONSequenceDecoder { $0 }))
        }
    }

    private func path(_ reference: String) -> String { "/images/\(URLText.reference(reference))" }
}

extension String {
    /// Whether an image reference names a tag or a digest. A colon before the last slash belongs to the registry's port.
    var hasTagOrDigest: Bool {
        let name = self[(lastIndex(of: "/").map(index(after:)) ?? startIndex)...]
        return name.contains(":") || name.contains("@")
    }
}
