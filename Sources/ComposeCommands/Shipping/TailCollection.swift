import ComposeExecutor
import EngineAPI
import LogShipping
import Synchronization

/// Has a container's last lines collected by whoever ships its output, before it is removed; passes everything on.
final class TailCollection: PassingObserver {
    let next: any ApplyObserver
    private let engine: any ContainerEngine
    /// Of the shippers that there may be. One that did not answer in time is not waited for again.
    private let folders: Mutex<[String]>

    /// How long a removal waits: reading a container's end takes a second or so, and a shipper or a disk in trouble must
    /// not keep a stack from being replaced.
    private static let limit: Duration = .seconds(5)

    init(_ next: any ApplyObserver, engine: any ContainerEngine, folders: [String]) {
        self.next = next
        self.engine = engine
        self.folders = Mutex(folders)
    }

    func willRemove(_ container: ContainerID) async {
        await next.willRemove(container)
        for folder in folders.withLock({ $0 }) where TailRequest.isPossible(in: folder) {
            // Nobody can say what the last line of one is that still runs.
            guard let details = try? await engine.container(container), !details.state.isRunning else { return }
            guard await TailRequest.send(container, to: folder, within: Self.limit) == .missed else { continue }
            let isFirst = folders.withLock { folders in
                defer { folders.removeAll { $0 == folder } }
                return folders.contains(folder)
            }
            if isFirst {
                standardError(
                    "gantry: The process that ships the output did not say within \(Self.limit.components.seconds) "
                        + "seconds that it has the last lines of \(details.name); it is not waited for any more.")
            }
        }
    }
}
