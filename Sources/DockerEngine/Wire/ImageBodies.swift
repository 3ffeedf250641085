import EngineAPI

/// The answer of `GET /images/{name}/json`.
struct ImageInspectBody: JSONReadable, Sendable {
    struct Config: JSONReadable, Sendable {
        var volumes: [String: EmptyObject]?
        var exposedPorts: [String: EmptyObject]?
        var labels: [String: String]?
        var healthCheck: HealthCheckBody?

        init(_ json: JSONValue) throws {
            volumes = try json.read("Volumes")
            exposedPorts = try json.read("ExposedPorts")
            labels = try json.read("Labels")
            healthCheck = try json.read("Healthcheck")
        }
    }

    var id: String
    var tags: [String]?
    var digests: [String]?
    var operatingSystem: String?
    var architecture: String?
    var variant: String?
    var size: Int64?
    var config: Config?

    init(_ json: JSONValue) throws {
        id = try json.read("Id")
        tags = try json.read("RepoTags")
        digests = try json.read("RepoDigests")
        operatingSystem = try json.read("Os")
        architecture = try json.read("Architecture")
        variant = try json.read("Variant")
        size = try json.read("Size")
        config = try json.read("Config")
    }

    var details: ImageDetails {
        let platform = [operatingSystem, architecture, variant].compactMap { $0?.nonEmpty }
        return ImageDetails(
            id: ImageID(id), tags: tags ?? [], digests: digests ?? [], volumes: (config?.volumes ?? [:]).keys.sorted(),
            exposedPorts: (config?.exposedPorts ?? [:]).keys.sorted(), labels: config?.labels ?? [:],
            platform: platform.joined(separator: "/"), size: size ?? 0, healthCheck: config?.healthCheck?.spec)
    }
}

/// The answer of `GET /distribution/{name}/json`.
struct DistributionBody: JSONReadable, Sendable {
    struct Descriptor: JSONReadable, Sendable {
        var digest: String

        init(_ json: JSONValue) throws {
            digest = try json.read("digest")
        }
    }

    var descriptor: Descriptor

    init(_ json: JSONValue) throws {
        descriptor = try json.read("Descriptor")
    }
}

/// An entry of `GET /images/json`.
struct ImageListBody: JSONReadable, Sendable {
    var id: String
    var tags: [String]?
    var labels: [String: String]?
    var created: Int64?
    var size: Int64?

    init(_ json: JSONValue) throws {
        id = try json.read("Id")
        tags = try json.read("RepoTags")
        labels = try json.read("Labels")
        created = try json.read("Created")
        size = try json.read("Size")
    }

    var summary: ImageSummary {
        ImageSummary(
            // Docker writes `<none>:<none>` for an image without a name.
            id: ImageID(id), tags: (tags ?? []).filter { $0 != "<none>:<none>" }, labels: labels ?? [:],
            created: EngineTime(
                nanoseconds: (created ?? 0).multipliedReportingOverflow(by: 1_000_000_000).partialValue),
            size: size ?? 0)
    }
}

/// A line of a pull's answer.
struct PullLineBody: JSONReadable, Sendable {
    struct Detail: JSONReadable, Sendable {
        var current: Int64?
        var total: Int64?

        init(_ json: JSONValue) throws {
            current = try json.read("current")
            total = try json.read("total")
        }
    }
    struct Failure: JSONReadable, Sendable {
        var message: String?

        init(_ json: JSONValue) throws {
            message = try json.read("message")
        }
    }

    var id: String?
    var status: String?
    var progressDetail: Detail?
    var error: String?
    var errorDetail: Failure?

    init(_ json: JSONValue) throws {
        id = try json.read("id")
        status = try json.read("status")
        progressDetail = try json.read("progressDetail")
        error = try json.read("error")
        errorDetail = try json.read("errorDetail")
    }

    /// The failure that the line reports, nil for progress.
    var failure: String? { errorDetail?.message ?? error }

    var progress: PullProgress {
        PullProgress(
            id: id ?? "", status: status ?? "", current: progressDetail?.current,
            total: progressDetail?.total.flatMap { $0 > 0 ? $0 : nil })
    }
}
