import ComposeModel
import ComposePlanner
import EngineAPI
import FoundationEssentials
import Testing

@testable import ComposeLoader
@testable import DockerEngine

/// Every attribute of the specification arrives at the engine, is refused or announced, or is carried out here: one row
/// of ``AttributeRow/all`` each.
@Suite struct AttributeTests {
    @Test(arguments: AttributeRow.all)
    func everyAttributeHasItsEffect(row: AttributeRow) throws {
        let outcome = try Outcome(of: row)
        for expectation in row.expectations {
            switch expectation {
            case .container(let pointer, let json): outcome.expect(outcome.container, pointer, json)
            case .network(let pointer, let json): outcome.expect(outcome.network, pointer, json)
            case .volume(let pointer, let json): outcome.expect(outcome.volume, pointer, json)
            case .file(let path, let content, let mode, let uid):
                let file = try #require(outcome.files.first { $0.path == path }, "\(outcome.files)")
                #expect(String(decoding: file.content, as: UTF8.self) == content)
                #expect(file.mode == mode && file.uid == uid && file.gid == uid)
            case .said(let text):
                #expect(outcome.said.contains { $0.contains(text) }, "\(outcome.said)")
            case .here(let reason): #expect(!reason.isEmpty)
            }
        }
    }

    @Test func everyAttributeHasOneRow() {
        let paths = AttributePaths.all
        for path in paths {
            let count = AttributeRow.all.count { $0.covers(path) }
            #expect(count == 1, "\(path) has \(count) rows")
        }
        for row in AttributeRow.all {
            #expect(paths.contains(where: row.covers), "\(row.path) is no attribute")
        }
    }
}

/// What becomes of an attribute.
enum Expectation: Sendable {
    /// The value at a JSON pointer into the body that creates a container, network or volume. `?platform` is the query.
    case container(String, String)
    case network(String, String)
    case volume(String, String)
    /// A file that is copied into the container; `uid` is its group too.
    case file(String, content: String, mode: Int = 0o444, uid: Int = 0)
    /// A warning, a notice, a problem or an error.
    case said(String)
    /// Gantry carries it out itself, or it is for another command; why, and what shows it.
    case here(String)
}

/// An attribute, an example of it, and what becomes of that.
struct AttributeRow: Sendable, CustomTestStringConvertible {
    /// Names with points between; `X` is a key of the user's, and a final `*` stands for all below.
    let path: String
    /// Attributes of service `web`, in flow style; beside it there is `db`.
    let service: String
    /// What else is in the file.
    let file: String
    let expectations: [Expectation]

    init(_ path: String, _ service: String = "", file: String = "", _ expectations: Expectation...) {
        self.path = path
        self.service = service
        self.file = file
        self.expectations = expectations
    }

    var testDescription: String { path }

    func covers(_ attribute: String) -> Bool {
        path.hasSuffix("*") ? attribute.hasPrefix(String(path.dropLast())) : attribute == path
    }

    static let all = identity + process + networking + storage + limits + isolation + deploy + resources
}

/// The attributes that the schema knows, by path.
enum AttributePaths {
    /// Without our own extensions, which are no part of the specification.
    static let all = Set(below(ComposeSchema.project)).filter { !$0.contains("x-") }.sorted()

    /// The paths below a shape; an empty one where it is a value itself.
    private static func below(_ shape: Shape) -> [String] {
        switch shape {
        case .scalar, .anything: [""]
        case .list(let list): below(list.item)
        case .map(let map): below(map.value).map { $0.isEmpty ? "" : "X." + $0 }
        case .object(let object):
            object.order.flatMap { name in
                (object.attributes[name].map { below($0.shape) } ?? []).map { $0.isEmpty ? name : "\(name).\($0)" }
            }
        case .either(let shapes): shapes.flatMap(below)
        case .short(_, let long), .nullable(let long): below(long)
        }
    }
}

/// What loading and planning make of a row.
private struct Outcome {
    static let engine = EnginePing(apiVersion: APIVersion(1, 49), newestAPIVersion: APIVersion(1, 49))

    var container: JSONValue?
    var network: JSONValue?
    var volume: JSONValue?
    var files: [InjectedFile] = []
    var said: [String] = []

    init(of row: AttributeRow) throws {
        let attributes = row.service.isEmpty ? "" : ", " + row.service
        let text = "services:\n  web: {image: app\(attributes)}\n  db: {image: app}\n\(row.file)\n"
        let loaded: LoadedProject
        do throws(LoadFailure) {
            loaded = try ProjectLoader(
                options: LoadOptions(workingDirectory: "/shop", environment: ["TOKEN": "t0ken"]),
                files: MemoryFiles([
                    "/shop/compose.yaml": text, "/shop/vars": "FROM_FILE=1", "/shop/base.yaml": AttributeRow.base,
                ])
            ).load()
        } catch {
            said = [error.description]
            return
        }
        said = loaded.warnings.map(\.message)
        var observed = ObservedState()
        observed.engine = Outcome.engine
        observed.hostFiles = [
            "/shop/file": .content(Array("in file".utf8)), "/shop/profile": .content(Array(#"{ "a": 1 }"#.utf8)),
        ]
        observed.networks = [NetworkSummary(id: "id", name: "outside")]
        observed.volumes = [VolumeSummary(name: "outside")]
        do {
            try read(UpPlanner.plan(loaded.project, observed: observed))
        } catch let error as PlanError {
            said += error.problems
        }
    }

    private mutating func read(_ plan: Plan) throws {
        said += plan.notices
        for operation in plan.prepare {
            switch plan.specs[operation.id] {
            case .container(var spec)? where operation.service == "web" && container == nil:
                plan.links[operation.id]?.resolve(&spec) { ContainerID("<\($0.name)>") }
                let body = ContainerCreateBody(spec, networks: spec.networks, in: Outcome.engine.apiVersion)
                container = try JSONValue(JSONText.encode(body))
                container?["?platform"] = spec.platform.map(JSONValue.string)
            case .network(let spec)?: network = try JSONValue(JSONText.encode(NetworkCreateBody(spec)))
            case .volume(let spec)?: volume = try JSONValue(JSONText.encode(VolumeCreateBody(spec)))
            case .files(let injected)? where operation.service == "web": files = injected
            default: break
            }
        }
    }

    func expect(_ body: JSONValue?, _ pointer: String, _ expected: String) {
        let value = pointer.split(separator: "/").reduce(body) { $0?[String($1).replacing("~1", with: "/")] }
        let wanted = try? JSONValue(Array(expected.utf8))
        #expect(value == wanted && wanted != nil, "at \(pointer); said: \(said)")
    }
}

/// A JSON document that can be compared.
private enum JSONValue: Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(_ text: [UInt8]) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(text)) }

    init(from decoder: any Swift.Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// A field of an object, or an item of a list by its number.
    subscript(key: String) -> JSONValue? {
        get {
            switch self {
            case .object(let fields): fields[key]
            case .list(let items): Int(key).flatMap { items.indices.contains($0) ? items[$0] : nil }
            default: nil
            }
        }
        set {
            guard case .object(var fields) = self else { return }
            fields[key] = newValue
            self = .object(fields)
        }
    }
}
