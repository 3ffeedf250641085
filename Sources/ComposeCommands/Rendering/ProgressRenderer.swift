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
    /// Where a countdown is drawn below lines that others write.
    private let countdown: Countdown?
    private let began = ContinuousClock.now
    private let state = Mutex(State())

    /// Between two redrawings: fast enough for a moving mark, slow enough to cost nothing.
    private static let frame: Duration = .milliseconds(100)

    /// - Parameters:
    ///   - title: what is going on: `up demo`.
    ///   - sharesTerminal: whether containers' output goes to the same terminal, so that nothing may be redrawn but one
    ///     line, and those who write clear theirs first.
    init(title: String, mode: ProgressMode, terminal: Terminal, sharesTerminal: Bool = false) {
        self.title = title
        countdown = sharesTerminal && mode == .plain ? Countdown() : nil
        colors = terminal.colorsError
        switch mode {
        case .auto: form = terminal.errorIsTerminal && terminal.colorsError ? .live : .plain
        case .tty: form = .live
        case .plain: form = .plain
        case .json: form = .json
        case .quiet: form = .quiet
        }
    }

    /// What a line begins with that may stand where the countdown does.
    var lineStart: String { countdown == nil ? "" : Countdown.clearLine }

    func report(_ event: ApplyEvent) {
        let text = state.withLock { state -> String? in
            let change = state.model.update(event, at: .now)
            switch form {
            case .live, .quiet: return nil
            case .plain:
                if case .graceBegan = event { countdown?.begin() }
                if case .rollingBack(let reason) = event { return "Rolling back: \(reason)" }
                if case .withdrawn = event {
                    return state.model.takeWithdrawals().map { lineStart + $0 }.joined(separator: "\n")
                }
                return change.map { lineStart + ProgressText.plain($0) }
            case .json: return change.map { ProgressText.json($0) }
            }
        }
        if let text { standardError(text) }
    }

    func willStart(_ container: ContainerID, name: String, service: String) async {}

    /// Runs `body` while containers' output is on the same terminal; where these are being stopped, a line below it
    /// counts down how long they may take. Says in the end which of them had to be killed.
    func displayBelowOutput<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        defer { sayLastWords() }
        guard let countdown else { return try await body() }
        return try await countdown.show(
            { [self] in
                let columns = Terminal.size().columns
                return state.withLock { ProgressText.countdown($0.model.subjects, now: .now, columns: columns) }
            }, during: body)
    }

    /// Says once which replicas were not updated, and of each service's container that it had to be killed.
    private func sayLastWords() {
        for sentence in state.withLock({ $0.model.takeWithdrawals() }) { standardError(sentence) }
        for stop in state.withLock({ $0.model.takeUnheededStops() }) { standardError(UnheededStopText.text(stop)) }
    }

    /// Runs `body` while the display moves, and leaves the last picture on the screen; below it stands which containers
    /// had to be killed.
    func display<Result: Sendable>(_ body: @Sendable () async throws -> Result) async rethrows -> Result {
        defer { sayLastWords() }
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
