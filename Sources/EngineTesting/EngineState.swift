import EngineAPI

/// Everything a simulated engine knows. A value: calls change it one at a time, streams read it by position.
struct EngineState {
    /// The label by which a behaviour is scripted for a whole service.
    static let serviceLabel = "com.docker.compose.service"
    /// As many past events as Docker keeps for `since`.
    static let replayedEvents = 256
    /// How far a subscriber may fall behind before it loses its connection. Docker buffers 1024; here calls take no
    /// time, so readers get more room.
    static let bufferedEvents = 8192
    /// How many output lines of one container are kept; more than a test can look at.
    static let keptLines = 100_000
    /// How often in a row a container is started again at once, before it stays `restarting` until the next tick: an
    /// engine would back off here, and a crash loop must end.
    static let immediateRestarts = 3
    /// As many probe results as Docker keeps.
    static let keptProbes = 5

    struct Network {
        var summary: NetworkSummary
        var isBuiltIn = false
    }

    struct Volume {
        var summary: VolumeSummary
    }

    struct Image {
        var details: ImageDetails
        var created: EngineTime
        var behavior: ContainerBehavior
    }

    struct Exec {
        var container: ContainerID
        var command: [String]
        var exitCode: Int?
        var isRunning = false
    }

    struct Upload {
        var directory: String
        var tar: [UInt8]
    }

    var containers: [ContainerID: Container] = [:]
    /// Kept past a container's removal, because its readers may still be behind.
    var outputs: [ContainerID: ContainerOutput] = [:]
    var networks: [NetworkID: Network] = [:]
    var volumes: [String: Volume] = [:]
    var images: [ImageID: Image] = [:]
    var tags: [ImageReference: ImageID] = [:]
    var pullable: [ImageReference: Image] = [:]
    var buildable: [ImageReference: ImageBehavior] = [:]
    var execs: [ExecID: Exec] = [:]
    var events = BoundedLog<EngineEvent>(limit: bufferedEvents)
    var containerScripts: [String: ContainerBehavior] = [:]
    var serviceScripts: [String: ContainerBehavior] = [:]
    var missingPaths: Set<String> = []
    var occupiedPorts: Set<PortSummary> = []
    private(set) var now = EngineState.epoch
    private var issued: UInt64 = 0

    /// 2024-01-01T00:00:00Z.
    static let epoch = EngineTime(nanoseconds: 1_704_067_200_000_000_000)

    init() {
        for (name, driver) in [("bridge", "bridge"), ("host", "host"), ("none", "null")] {
            let id = NetworkID(newIdentifier())
            networks[id] = Network(summary: NetworkSummary(id: id, name: name, driver: driver), isBuiltIn: true)
        }
    }

    /// Moves the engine's clock on.
    mutating func advance(milliseconds: Int64) {
        now = EngineTime(nanoseconds: now.nanoseconds + milliseconds * 1_000_000)
    }

    /// An instant that no other event or line has.
    mutating func stamp() -> EngineTime {
        now = EngineTime(nanoseconds: now.nanoseconds + 1_000)
        return now
    }

    /// 64 hexadecimal digits that no other object has, the same in each run of a test.
    mutating func newIdentifier() -> String {
        issued += 1
        return hexadecimal(seed: issued)
    }

    mutating func record(_ type: String, _ action: String, _ actorID: String, _ attributes: [String: String]) {
        events.append(
            EngineEvent(type: type, action: action, actorID: actorID, attributes: attributes, time: stamp()))
    }

    mutating func record(_ action: String, on container: Container, _ more: [String: String] = [:]) {
        var attributes = container.labels
        attributes["name"] = container.name
        attributes["image"] = container.spec.image
        attributes.merge(more) { $1 }
        record("container", action, container.id.rawValue, attributes)
    }
}

/// Why the engine refuses a call; becomes an `EngineError` where the call's name is known.
struct Refusal: Error {
    var code: EngineError.Code
    var status: Int
    var message: String

    static func notFound(_ message: String) -> Refusal { Refusal(code: .notFound, status: 404, message: message) }
    static func conflict(_ message: String) -> Refusal { Refusal(code: .conflict, status: 409, message: message) }
    static func forbidden(_ message: String) -> Refusal { Refusal(code: .unauthorized, status: 403, message: message) }
    static func invalid(_ message: String) -> Refusal { Refusal(code: .invalidRequest, status: 400, message: message) }
    static func failure(_ message: String) -> Refusal { Refusal(code: .serverFailure, status: 500, message: message) }
}

/// Digits spread by the splitmix64 function, so that the abbreviations of any two identifiers differ too.
func hexadecimal(seed: UInt64) -> String {
    var state = seed &* 0xd134_2543_de82_ef95
    var text = ""
    for _ in 0..<4 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        let digits = String(mixed ^ (mixed >> 31), radix: 16)
        text += String(repeating: "0", count: 16 - digits.count) + digits
    }
    return text
}

extension ObjectFilter {
    func matches(labels found: [String: String], names candidates: [String]) -> Bool {
        labels.allSatisfy { hasLabel($0, in: found) }
            && (names.isEmpty || names.contains { name in candidates.contains { $0.contains(name) } })
    }
}

/// Whether labels meet a condition `name` or `name=value`.
func hasLabel(_ condition: String, in labels: [String: String]) -> Bool {
    guard let equals = condition.firstIndex(of: "=") else { return labels[condition] != nil }
    return labels[String(condition[..<equals])] == String(condition[condition.index(after: equals)...])
}
