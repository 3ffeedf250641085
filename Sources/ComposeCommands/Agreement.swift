import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks the user before something is done that cannot be undone.
enum Agreement {
    /// What is asked; where nobody could answer, nobody is asked.
    static func question(_ losses: [String]) -> String {
        losses.map { "This cannot be undone: \($0).\n" }.joined() + "Do it? [y/N]"
    }

    /// Whether an answer agrees; nothing but a clear yes does.
    static func agrees(_ answer: String) -> Bool {
        ["y", "yes"].contains(answer.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased())
    }

    /// Asks on the terminal. False where standard input or standard error is none, or the task is cancelled first.
    static func ask(_ losses: [String], on terminal: Terminal) async -> Bool {
        guard terminal.errorIsTerminal, isatty(STDIN_FILENO) == 1 else { return false }
        standardError(question(losses))
        let answer = LineOfInput()
        return await withTaskCancellationHandler {
            agrees(await answer.read())
        } onCancel: {
            answer.give("")
        }
    }
}

/// A line typed by the user. Reading waits for a person, so a thread of its own does it, which ends with the process if
/// the line never comes.
private final class LineOfInput: Sendable {
    private enum State {
        case empty
        case given(String)
        case awaited(CheckedContinuation<String, Never>)
        case over
    }

    private let state = Mutex(State.empty)

    func read() async -> String {
        DispatchQueue(label: "gantry.answer").async { self.give(readLine() ?? "") }
        return await withCheckedContinuation { continuation in
            let given: String? = state.withLock { state in
                if case .given(let line) = state {
                    state = .over
                    return line
                }
                state = .awaited(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }

    /// Only the first line counts.
    func give(_ line: String) {
        let continuation: CheckedContinuation<String, Never>? = state.withLock { state in
            switch state {
            case .empty:
                state = .given(line)
                return nil
            case .awaited(let continuation):
                state = .over
                return continuation
            case .given, .over: return nil
            }
        }
        continuation?.resume(returning: line)
    }
}
