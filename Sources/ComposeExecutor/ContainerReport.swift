import ComposePlanner
package import EngineAPI

/// What a container had to say when it failed, collected before it is removed.
package struct ContainerReport: Sendable, Equatable {
    package let name: String
    package let state: ContainerState
    package let exitCode: Int
    package let outOfMemory: Bool
    /// The engine's reason for not starting it; empty where there is none.
    package let failure: String
    /// What the last failed probe printed.
    package internal(set) var probeOutput: String?
    /// The last lines since its last start, oldest first. Where the engine has just restarted it and it has not written
    /// anything yet, those of the run before.
    package let lastLines: [String]

    /// How many lines a report keeps: enough for a stack trace's head, little enough to read.
    static let lineCount = 20
    /// How much of each line a report keeps, in bytes.
    static let lineLength = 2000
    /// How long collecting may take; a report must not delay taking the transaction back.
    private static let patience: Duration = .seconds(5)
    /// How much earlier than the engine's time of a start its first lines may be, because the process runs by then: up
    /// to a tenth of a second on a busy machine. An earlier run's end lies further back, as a process has to be made.
    static let startLag: Duration = .milliseconds(200)

    /// Asks the engine; nil where it does not answer or does not know the container.
    package static func collect(
        _ id: ContainerID, name: String, from engine: any ContainerEngine
    ) async -> ContainerReport? {
        try? await within(patience) {
            let details = try await engine.container(id)
            var lines = try? await lastLines(
                of: id, since: details.startedAt.map { $0 - startLag }, from: engine)
            if lines == [], details.restartCount > 0 { lines = try? await lastLines(of: id, since: nil, from: engine) }
            return ContainerReport(
                name: name, state: details.state, exitCode: details.exitCode, outOfMemory: details.outOfMemory,
                failure: details.failure,
                probeOutput: details.probes.last { $0.exitCode != 0 }?.output, lastLines: lines ?? [])
        }
    }

    private static func lastLines(
        of id: ContainerID, since: EngineTime?, from engine: any ContainerEngine
    ) async throws -> [String] {
        try await engine.withLogs(of: id, LogOptions(tail: lineCount, since: since)) { stream in
            var text: [UInt8] = []
            for try await batch in stream {
                for frame in batch where text.count < lineCount * lineLength { text += frame.bytes }
            }
            return text.split(separator: UInt8(ascii: "\n")).suffix(lineCount).map {
                String(decoding: $0.prefix(lineLength), as: UTF8.self)
            }
        }
    }
}

/// Runs `body` and cancels it when `limit` has passed; the error is then a `CancellationError`.
func within<Result: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw CancellationError()
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
    }
}

extension EngineTime {
    fileprivate static func - (time: EngineTime, duration: Duration) -> EngineTime {
        EngineTime(nanoseconds: time.nanoseconds - Int64(duration / .nanoseconds(1)))
    }
}
