import EngineAPI

/// The answer of `GET /images/{name}/json`.
struct ImageInspectBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case tags = "RepoTags"
        case digests = "RepoDigests"
        case operatingSystem = "Os"
        case architecture = "Architecture"
        case variant = "Variant"
        case size = "Size"
        case config = "Config"
    }

    struct Config: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case volumes = "Volumes"
            case exposedPorts = "ExposedPorts"
            case labels = "Labels"
            case healthCheck = "Healthcheck"
        }
        var volumes: [String: EmptyObject]?
        var exposedPorts: [String: EmptyObject]?
        var labels: [String: String]?
        var healthCheck: HealthCheckBody?
    }

    var id: String
    var tags: [String]?
    var digests: [String]?
    var operatingSystem: String?
    var architecture: String?
    var variant: String?
    var size: Int64?
    var config: Config?

    var details: ImageDetails {
        let platform = [operatingSystem, architecture, variant].compactMap { $0?.nonEmpty }
        return ImageDetails(
            id: ImageID(id), tags: tags ?? [], digests: digests ?? [], volumes: (config?.volumes ?? [:]).keys.sorted(),
            exposedPorts: (config?.exposedPorts ?? [:]).keys.sorted(), labels: config?.labels ?? [:],
            platform: platform.joined(separator: "/"), size: size ?? 0, healthCheck: config?.healthCheck?.spec)
    }
}

/// The answer of `GET /distribution/{name}/json`.
struct DistributionBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey { case descriptor = "Descriptor" }

    struct Descriptor: Decodable, Sendable {
        var digest: String
    }

    var descriptor: Descriptor
}

/// An entry of `GET /images/json`.
struct ImageListBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case tags = "RepoTags"
        case labels = "Labels"
        case created = "Created"
        case size = "Size"
    }
    var id: String
    var tags: [String]?
    var labels: [String: String]?
    var created: Int64?
    var size: Int64?

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
struct PullLineBody: Decodable, Sendable {
    struct Detail: Decodable, Sendable {
        var current: Int64?
        var total: Int64?
    }
    struct Failure: Decodable, Sendable { var message: String? }

    var id: String?
    var status: String?
    var progressDetail: Detail?
    var error: String?
    var errorDetail: Failure?

    /// The failure that the line reports, nil for progress.
    var failure: String? { errorDetail?.message ?? error }

    var progress: PullProgress {
        PullProgress(
            id: id ?? "", status: status ?? "", current: progressDetail?.current,
            total: progressDetail?.total.flatMap { $0 > 0 ? $0 : nil })
    }
}
