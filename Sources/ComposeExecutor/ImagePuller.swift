package import ComposePlanner
package import EngineAPI

/// Fetches images, before anything else changes.
package struct ImagePuller: Sendable {
    private let engine: any ContainerEngine
    private let observer: any ApplyObserver
    private let parallel: Int

    package init(engine: any ContainerEngine, observer: any ApplyObserver, parallel: Int) {
        self.engine = engine
        self.observer = observer
        self.parallel = max(1, parallel)
    }

    /// Fetches all of `pulls`, several at once. Throws ``ApplyFailure`` at the first that fails; nothing is taken back,
    /// because an image that is there changes nothing. Giving up throws it too, with `isCancelled`.
    package func pull(_ pulls: [ImagePull]) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, pull) in pulls.enumerated() {
                    if index >= parallel { try await group.next() }
                    group.addTask { try await self.pull(pull) }
                }
                try await group.waitForAll()
            }
        } catch  where Task.isCancelled {
            throw ApplyFailure.interrupted
        }
    }

    private func pull(_ pull: ImagePull) async throws {
        observer.report(.pulling(pull))
        do {
            try await engine.withPull(of: pull.reference, platform: pull.platform) { progress in
                for try await step in progress { observer.report(.pullProgress(pull, step)) }
            }
        } catch {
            let message = (error as? EngineError)?.message ?? FailureText.plain(error)
            let services = pull.services.joined(separator: ", ")
            throw ApplyFailure(
                operation: nil,
                reason: "Could not pull image \(pull.reference), which \(services) needs: \(message). Check the "
                    + "name and tag, and that the registry can be reached; `docker pull \(pull.reference)` shows more.",
                container: nil, isCancelled: false, undone: 0, leftovers: [])
        }
        observer.report(.pulled(pull))
    }
}
