import EngineAPI

/// The answer of `GET /version`.
struct VersionBody: JSONReadable, Sendable {
    var version: String?
    var apiVersion: String?
    var minimumAPIVersion: String?
    var operatingSystem: String?
    var architecture: String?

    init(_ json: JSONValue) throws {
        version = try json.read("Version")
        apiVersion = try json.read("ApiVersion")
        minimumAPIVersion = try json.read("MinAPIVersion")
        operatingSystem = try json.read("Os")
        architecture = try json.read("Arch")
    }

    var engineVersion: EngineVersion {
        EngineVersion(
            version: version ?? "", apiVersion: apiVersion ?? "", minimumAPIVersion: minimumAPIVersion ?? "",
            operatingSystem: operatingSystem ?? "", architecture: architecture ?? "")
    }
}

/// The answer of `GET /info`.
struct InfoBody: JSONReadable, Sendable {
    var id: String?
    var name: String?
    var version: String?
    var processors: Int?
    var memory: Int64?
    var storageDriver: String?
    var defaultLogDriver: String?

    init(_ json: JSONValue) throws {
        id = try json.read("ID")
        name = try json.read("Name")
        version = try json.read("ServerVersion")
        processors = try json.read("NCPU")
        memory = try json.read("MemTotal")
        storageDriver = try json.read("Driver")
        defaultLogDriver = try json.read("LoggingDriver")
    }

    var info: EngineInfo {
        EngineInfo(
            id: id ?? "", name: name ?? "", version: version ?? "", processors: processors ?? 0, memory: memory ?? 0,
            storageDriver: storageDriver ?? "", defaultLogDriver: defaultLogDriver ?? "")
    }
}

/// An object of `GET /events`.
struct EventBody: JSONReadable, Sendable {
    struct Actor: JSONReadable, Sendable {
        var id: String?
        var attributes: [String: String]?

        init(_ json: JSONValue) throws {
            id = try json.read("ID")
            attributes = try json.read("Attributes")
        }
    }

    var type: String?
    var action: String?
    var actor: Actor?
    var nanoseconds: Int64?
    var seconds: Int64?

    init(_ json: JSONValue) throws {
        type = try json.read("Type")
        action = try json.read("Action")
        actor = try json.read("Actor")
        nanoseconds = try json.read("timeNano")
        seconds = try json.read("time")
    }

    var event: EngineEvent {
        let time = nanoseconds ?? (seconds ?? 0).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return EngineEvent(
            type: type ?? "", action: action ?? "", actorID: actor?.id ?? "", attributes: actor?.attributes ?? [:],
            time: EngineTime(nanoseconds: time))
    }
}
