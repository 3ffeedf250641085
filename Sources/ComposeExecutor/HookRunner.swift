import ComposePlanner
import EngineAPI
import Synchronization

/// Runs hooks in containers that run.
struct HookRunner: Sendable {
    let engine: any ContainerEngine
    let clock: any Clock<Duration>
    /// How long a hook may take.
    let deadline: Duration

    /// Between two looks at a process whose output has ended and which the engine still counts as running.
    private static let endDelay: Duration = .milliseconds(50)

    /// Returns when the hook has exited with 0.
    ///
    /// The engine cannot end a hook that has begun: cancelled or too late, it goes on, and only the waiting ends.
    ///
    /// - Parameter show: takes the lines that it writes; it is not read further before they are taken.
    /// - Throws: ``HookFailure``, with its last lines; `EngineError` where it could not be run.
    func run(_ spec: ExecSpec, in id: ContainerID, show: @escaping @Sendable ([OutputFrame]) async -> Void) async throws
    {
        let output = HookOutput()
        let code = try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask { try await exitCode(of: spec, in: id, output, show) }
            group.addTask {
                try await clock.sleep(for: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
        switch code {
        case 0: return
        case let code?: throw HookFailure(reason: "exited with code \(code)", output: output.lastLines)
        case nil:
            throw HookFailure(
                reason: "did not end within \(deadline.components.seconds) seconds", output: output.lastLines)
        }
    }

    private func exitCode(
        of spec: ExecSpec, in id: ContainerID, _ output: HookOutput, _ show: @Sendable ([OutputFrame]) async -> Void
    ) async throws -> Int {
        let exec = try await engine.createExec(spec, in: id)
        try await engine.withExec(exec, terminal: false) { connection in
            for try await frames in connection.output { await show(output.take(frames)) }
        }
        await show(output.finish())
        while true {
            if let code = try await engine.exec(exec).exitCode { return code }
            try await clock.sleep(for: HookRunner.endDelay)
        }
    }
}

/// Why a hook counts as failed.
struct HookFailure: Error, CustomStringConvertible {
    /// Without its name: `exited with code 3`.
    let reason: String
    /// The last lines that it wrote, oldest first.
    let output: [String]

    var description: String { reason }
}

/// What a hook writes, put together to lines.
private final class HookOutput: Sendable {
    private struct State {
        var pending: [OutputStream: [UInt8]] = [:]
        var last: [String] = []

        mutating func complete(_ line: [UInt8], on stream: OutputStream) -> OutputFrame {
            last.append(String(decoding: line.prefix(ContainerReport.lineLength), as: UTF8.self))
            if last.count > ContainerReport.lineCount { last.removeFirst() }
            return OutputFrame(stream: stream, bytes: line[...])
        }
    }

    private let state = Mutex(State())

    /// A longer line is delivered in pieces of this size, so that one without an end fills no memory.
    private static let longestLine = 64 << 10

    var lastLines: [String] { state.withLock { $0.last } }

    /// The lines that `frames` complete, each without its newline.
    func take(_ frames: [OutputFrame]) -> [OutputFrame] {
        state.withLock { state in
            var lines: [OutputFrame] = []
            for frame in frames {
                var pieces = frame.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                let rest = pieces.popLast() ?? []
                for piece in pieces {
                    let line = (state.pending.removeValue(forKey: frame.stream) ?? []) + piece
                    lines.append(state.complete(line, on: frame.stream))
                }
                state.pending[frame.stream, default: []] += rest
                if let line = state.pending[frame.stream], line.count >= HookOutput.longestLine {
                    state.pending[frame.stream] = nil
                    lines.append(state.complete(line, on: frame.stream))
                }
            }
            return lines
        }
    }

    /// The lines that lack their newline at the end.
    func finish() -> [OutputFrame] {
        state.withLock { state in
            OutputStream.allCases.compactMap { stream in
                guard let line = state.pending.removeValue(forKey: stream), !line.isEmpty else { return nil }
                return state.complete(line, on: stream)
            }
        }
    }
}
