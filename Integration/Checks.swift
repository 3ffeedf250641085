import EngineAPI
import EngineTesting
import Subprocess
import Testing

extension EngineSnapshot {
    /// Whether there is nothing at all.
    var isEmpty: Bool { containers.isEmpty && networks.isEmpty && volumes.isEmpty }
}

/// Looking at the engine.
extension Scenario {
    /// The label that the project's objects carry.
    var label: String { "com.docker.compose.project=\(project)" }

    /// What the engine has of the project.
    func state() async throws -> EngineSnapshot {
        try await EngineSnapshot(observing: engine, project: project)
    }

    /// Records a failure, with the lines that differ, unless the project is as it was.
    func expectState(
        _ before: EngineSnapshot, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let after = try await state()
        #expect(
            before == after, "the project is not as it was:\n\(before.difference(to: after))\n\(comment ?? "")",
            sourceLocation: sourceLocation)
    }

    /// Records a failure unless nothing is left of the project.
    func expectNothing(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let left = try await state()
        #expect(left.isEmpty, "this is left:\n\(left)\n\(comment ?? "")", sourceLocation: sourceLocation)
    }

    /// The project's containers, by name.
    func containers() async throws -> [ContainerSummary] {
        try await engine.containers(matching: ObjectFilter(labels: [label])).sorted { $0.name < $1.name }
    }

    /// A service's containers, by name.
    func containers(of service: String) async throws -> [ContainerSummary] {
        try await containers().filter { $0.labels["com.docker.compose.service"] == service }
    }

    /// A service's only container in full.
    func container(
        of service: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> ContainerDetails {
        let all = try await containers(of: service)
        try #require(all.count == 1, "\(service) has \(all.map(\.name))", sourceLocation: sourceLocation)
        return try await engine.container(all[0].id)
    }

    /// Services with a running container.
    func running() async throws -> Set<String> {
        Set(try await containers().filter(\.state.isRunning).compactMap { $0.labels["com.docker.compose.service"] })
    }

    /// Each container's identity and when it was last started: equal only where nothing happened to any of them.
    func runs() async throws -> [String: String] {
        var runs: [String: String] = [:]
        for container in try await containers() {
            let details = try await engine.container(container.id)
            runs[details.name] = "\(details.id) started \(details.startedAt?.rfc3339 ?? "never")"
        }
        return runs
    }

    /// The text of a container's log.
    func log(of service: String) async throws -> String {
        let id = try await container(of: service).id
        return try await engine.withLogs(of: id, LogOptions()) { batches in
            var text: [UInt8] = []
            for try await batch in batches {
                for frame in batch { text += frame.bytes }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Whether an event is one of the project's. Networks' and volumes' events do not carry their labels.
    func isOurs(_ event: EngineEvent) -> Bool {
        event.attributes["com.docker.compose.project"] == project
            || (event.attributes["name"] ?? event.actorID).hasPrefix(project + "_")
    }

    /// Returns when `condition` holds, asked again after each of the engine's events.
    func wait(for what: String, _ condition: @Sendable () async throws -> Bool) async throws {
        try await engine.withEvents(matching: EventFilter(), since: nil) { events in
            if try await condition() { return }
            for try await event in events where isOurs(event) {
                if try await condition() { return }
            }
            throw NeverHappened(what: what)
        }
    }

    /// The name of a service's container: `web` gives `PROJECT-web-1`.
    func name(_ service: String, _ number: Int = 1) -> String { "\(project)-\(service)-\(number)" }
}

struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    var description: String { "\(what) never happened, and the engine has ended its events" }
}

/// The body of an HTTP answer from this machine.
///
/// - Throws: `HTTPFailure` for any answer but success, and where nobody answers.
func page(_ port: Int, _ path: String = "/") async throws -> String {
    let result = try await run(
        .name("curl"),
        arguments: [
            "--silent", "--show-error", "--fail", "--max-time", "10", "http://127.0.0.1:\(port)\(path)",
        ],
        output: .string(limit: pageLimit), error: .string(limit: pageLimit))
    guard result.terminationStatus.isSuccess else { throw HTTPFailure(reason: result.standardError) }
    return result.standardOutput
}

/// The pages of the examples are a line.
private let pageLimit = 64 << 10

struct HTTPFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { "no page: \(reason)" }
}
