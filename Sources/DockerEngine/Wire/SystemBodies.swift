import EngineAPI

/// The answer of `GET /version`.
struct VersionBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case version = "Version"
        case apiVersion = "ApiVersion"
        case minimumAPIVersion = "MinAPIVersion"
        case operatingSystem = "Os"
        case architecture = "Arch"
    }
    var version: String?
    var apiVersion: String?
    var minimumAPIVersion: String?
    var operatingSystem: String?
    var architecture: String?

    var engineVersion: EngineVersion {
        EngineVersion(
            version: version ?? "", apiVersion: apiVersion ?? "", minimumAPIVersion: minimumAPIVersion ?? "",
            operatingSystem: operatingSystem ?? "", architecture: architecture ?? "")
    }
}

/// The answer of `GET /info`.
struct InfoBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id = "ID"
        case name = "Name"
        case version = "ServerVersion"
        case processors = "NCPU"
        case memory = "MemTotal"
        case storageDriver = "Driver"
        case defaultLogDriver = "LoggingDriver"
    }
    var id: String?
    var name: String?
    var version: String?
    var processors: Int?
    var memory: Int64?
    var storageDriver: String?
    var defaultLogDriver: String?

    var info: EngineInfo {
        EngineInfo(
            id: id ?? "", name: name ?? "", version: version ?? "", processors: processors ?? 0, memory: memory ?? 0,
            storageDriver: storageDriver ?? "", defaultLogDriver: defaultLogDriver ?? "")
    }
}

/// An object of `GET /events`.
struct EventBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
        case nanoseconds = "timeNano"
        case seconds = "time"
    }

    struct Actor: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
        var id: String?
        var attributes: [String: String]?
    }

    var type: String?
    var action: String?
    var actor: Actor?
    var nanoseconds: Int64?
    var seconds: Int64?

    var event: EngineEvent {
        let time = nanoseconds ?? (seconds ?? 0).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return EngineEvent(
            type: type ?? "", action: action ?? "", actorID: actor?.id ?? "", attributes: actor?.attributes ?? [:],
            time: EngineTime(nanoseconds: time))
    }
}
