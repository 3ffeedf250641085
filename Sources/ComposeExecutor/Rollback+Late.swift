import ComposePlanner
import ComposeState
import EngineAPI

// An engine goes on with a call when its client is gone. So what was asked and not answered may come into force after the
// first look.
extension Rollback {
    /// How long an unanswered call is watched before it counts as never made: a busy engine takes about a second to make
    /// or start a container.
    static let latePatience: Duration = .seconds(3)
    /// Before the second look; each later delay is twice as long, because most of what comes late comes soon.
    private static let firstLateDelay: Duration = .milliseconds(50)
    /// The longest delay between two looks.
    private static let longestLateDelay: Duration = .milliseconds(500)

    /// Looks again until all that was asked and not answered is in force, or for ``latePatience``. What was made is added
    /// to `made`, and what was started is stopped.
    ///
    /// - Parameter starts: the containers whose starts are not in force yet.
    /// - Returns: the stops that failed.
    func awaitLate(
        _ made: inout MadeObjects, starts: [ContainerID: Operation]
    ) async -> [OperationScheduler.Failure] {
        var failures: [OperationScheduler.Failure] = []
        var creations = unanswered.filter { !made.contains($0) }
        var starts = starts
        var (delay, waited) = (Rollback.firstLateDelay, Duration.zero)
        while !(creations.isEmpty && starts.isEmpty), waited < Rollback.latePatience {
            guard (try? await executor.clock.sleep(for: delay)) != nil else { break }
            waited += delay
            delay = min(delay * 2, Rollback.longestLateDelay)
            // An engine that does not answer now may do so at the next look.
            if !creations.isEmpty, let found = try? await MadeObjects.find(transaction.id, on: executor.engine) {
                made = found
                creations.removeAll(where: found.contains)
            }
            for (id, operation) in starts where await isRunning(id) {
                starts[id] = nil
                do {
                    try await tolerateMissing { try await executor.engine.stopContainer(id, timeout: nil) }
                } catch {
                    failures.append(OperationScheduler.Failure(operation: operation, error: error))
                }
            }
        }
        return failures
    }

    private var unanswered: [Operation] { prepared.filter { $0.progress == .intended }.map(\.operation) }

    /// The unanswered starts, as far as they are not in force, of containers that did not run before. What the
    /// transaction made is removed anyway, and what it had stopped runs again.
    func lateStarts() async -> [ContainerID: Operation] {
        var starts: [ContainerID: Operation] = [:]
        for operation in unanswered {
            if case .startContainer(.existing(let id, _)) = operation.action { starts[id] = operation }
        }
        for case .stopContainer(.existing(let id, _), _) in prepared.map(\.operation.action) { starts[id] = nil }
        for id in starts.keys where await isRunning(id) { starts[id] = nil }
        return starts
    }

    private func isRunning(_ id: ContainerID) async -> Bool {
        (try? await executor.engine.container(id))?.state.isRunning == true
    }
}
