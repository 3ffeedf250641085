import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A line at the bottom of a terminal to which others write too. The cursor stays at its beginning, so that whoever writes
/// a line clears it first and then stands above the next picture.
final class Countdown: Sendable {
    /// From the cursor to the end of its line.
    static let clearLine = "\u{1B}[K"
    /// Between two pictures: seconds are counted, and a line that was written over is soon back.
    private static let frame: Duration = .milliseconds(250)

    private let begun: AsyncStream<Void>
    private let beginning: AsyncStream<Void>.Continuation

    init() { (begun, beginning) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// There is something to show from now on.
    func begin() { beginning.yield() }

    /// Runs `body`, and draws from ``begin()`` on what `text` gives until that is empty.
    func show<Result: Sendable>(
        _ text: @escaping @Sendable () -> String, during body: () async throws -> Result
    ) async rethrows -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [begun] in
                for await _ in begun {
                    while !Task.isCancelled {
                        let line = text()
                        Countdown.draw(line)
                        if line.isEmpty { break }
                        try? await Task.sleep(for: Countdown.frame)
                    }
                }
            }
            defer {
                group.cancelAll()
                if !text().isEmpty { Countdown.draw("") }
            }
            return try await body()
        }
    }

    private static func draw(_ line: String) { _ = writeAll(Array((clearLine + line + "\r").utf8), to: STDERR_FILENO) }
}
