import Synchronization

/// What the engine found wrong with containers that it made all the same. It is kept until the progress, which owns the
/// terminal, has ended.
final class EngineWarnings: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ container: String, _ warning: String) {
        lines.withLock { $0.append("The engine warns of container \(container): \(warning)") }
    }

    /// Says what has come, each line once.
    func say() {
        let lines = lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
        for line in Set(lines).sorted() { standardError(line) }
    }
}
