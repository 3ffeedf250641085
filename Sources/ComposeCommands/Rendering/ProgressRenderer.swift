import ComposeExecutor
import ComposePlanner
import EngineAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Shows how an application goes, on standard error: redrawn on a terminal, a line for each change elsewhere.
final class ProgressRenderer: ApplyObserver {
    private enum Form: Sendable { case live, plain, json, quiet }

    private struct State {
        var model = ProgressModel()
        var drawnLines = 0
        var isOver = false
    }

    private let form: Form
    private let colors: Bool
    private let title: String
    private let began = ContinuousClock.now
    private let state = Mutex(State())

    /// Between two redrawings: fast enough for a moving mark, slow enough to cost nothing.
    private static let frame: Duration = .milliseconds(100)

    /// - Parameter title: what is going on: `up demo`.
    init(title: String, mode: ProgressMode, terminal: Terminal) {
        self.title = title
        colors = terminal.colorsError
        switch mode {
        case .auto: form = terminal.errorIsTerminal && terminal.colorsError ? .live : .plain
        case .tty: form = .live
        case .plain: form = .plain
        case .json: form = .json
        case .quiet: form = .quiet
        }
    }

    func report(_ event: ApplyEvent) {
        let text = state.withLock { state -> String? in
            let change = state.model.update(event, at: .now)
            switch form {
            case .live, .quiet: return nil
            case .plain:
                if case .rollingBack(let reason) = event { return "Rolling back: \(reason)" }
                return change.map { ProgressText.plain($0) }
            case .json: return change.map { ProgressText.json($0) }
            }
        }
        if let text { standardError(text) }
    }

    func willStart(_ container: ContainerID, name: String, service: String) async {}

    /// Runs `body` while the display moves, and leaves the last picture on the screen.
    func display<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
        guard form == .live else { return try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    self.draw(isLast: false)
                    try? await Task.sleep(for: ProgressRenderer.frame)
                }
            }
            defer {
                group.cancelAll()
                draw(isLast: true)
            }
            return try await body()
        }
    }

    private func draw(isLast: Bool) {
        let size = Terminal.size()
        let picture = state.withLock { state -> String in
            guard !state.isOver, !state.model.subjects.isEmpty else { return "" }
            state.isOver = isLast
            let lines = ProgressText.picture(
                state.model.subjects, title: title, began: began, now: .now, columns: size.columns,
                // The last picture may scroll; the others must fit, or redrawing would leave copies behind.
                rows: isLast ? .max : size.rows - 1, colors: colors)
            let up = state.drawnLines > 0 ? "\u{1B}[\(state.drawnLines)A" : ""
            state.drawnLines = lines.count
            return up + "\u{1B}[J" + lines.map { $0 + "\n" }.joined()
        }
        if !picture.isEmpty { _ = writeAll(Array(picture.utf8), to: STDERR_FILENO) }
    }
}
