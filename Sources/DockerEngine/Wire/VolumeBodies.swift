import EngineAPI

/// The body of `POST /volumes/create`.
struct VolumeCreateBody: JSONWritable {
    var name: String
    var driver: String?
    var options: [String: String]?
    var labels: [String: String]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Driver", driver)
            json.add("DriverOpts", options)
            json.add("Labels", labels)
            json.add("Name", name)
        }
    }

    init(_ spec: VolumeSpec) {
        name = spec.name
        driver = spec.driver
        options = spec.driverOptions.isEmpty ? nil : spec.driverOptions
        labels = spec.labels
    }
}

/// A volume, listed, inspected or just made.
struct VolumeBody: JSONReadable, Sendable {
    var name: String
    var driver: String?
    var labels: [String: String]?
    var mountPoint: String?

    init(_ json: JSONValue) throws {
        name = try json.read("Name")
        driver = try json.read("Driver")
        labels = try json.read("Labels")
        mountPoint = try json.read("Mountpoint")
    }

    var summary: VolumeSummary {
        VolumeSummary(name: name, driver: driver ?? "", labels: labels ?? [:], mountPoint: mountPoint ?? "")
    }
}

/// The answer of `GET /volumes`.
struct VolumeListBody: JSONReadable, Sendable {
    var volumes: [VolumeBody]?

    init(_ json: JSONValue) throws {
        volumes = try json.read("Volumes")
    }
}
