import EngineAPI

/// The body of `POST /volumes/create`.
struct VolumeCreateBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case options = "DriverOpts"
        case labels = "Labels"
    }
    var name: String
    var driver: String?
    var options: [String: String]?
    var labels: [String: String]

    init(_ spec: VolumeSpec) {
        name = spec.name
        driver = spec.driver
        options = spec.driverOptions.isEmpty ? nil : spec.driverOptions
        labels = spec.labels
    }
}

/// A volume, listed, inspected or just made.
struct VolumeBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case driver = "Driver"
        case labels = "Labels"
        case mountPoint = "Mountpoint"
    }
    var name: String
    var driver: String?
    var labels: [String: String]?
    var mountPoint: String?

    var summary: VolumeSummary {
        VolumeSummary(name: name, driver: driver ?? "", labels: labels ?? [:], mountPoint: mountPoint ?? "")
    }
}

/// The answer of `GET /volumes`.
struct VolumeListBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey { case volumes = "Volumes" }
    var volumes: [VolumeBody]?
}
