import Subprocess
import SystemPackage
import Testing

/// A program to run, with everything it gets.
struct Command: Sendable {
    var program: String
    var arguments: [String]
    var environment: [String: String]
    var folder: String
    /// Standard input; it ends after this text.
    var input = ""
    /// Whether the program finds itself on a terminal. Its two outputs are then one, and `input` is typed.
    var onTerminal = false
    /// Whether standard input goes on until the one who watches has seen enough.
    var isAsked = false

    /// What is shown of it in a failure.
    var text: String { "$ \(program.split(separator: "/").last ?? "") \(arguments.joined(separator: " "))" }

    /// Runs it to its end.
    func run() async throws -> Outcome {
        try await withProcess { _ in }
    }

    /// Runs it; `body` watches, types and signals. Returns when the program has ended, also after `body`.
    func withProcess(_ body: @escaping @Sendable (RunningCommand) async throws -> Void) async throws -> Outcome {
        let transcript = Transcript()
        let result = try await Subprocess.run(
            configuration, input: .inputWriter, output: .sequence, error: .sequence
        ) { (execution: Execution<CustomWriteInput, SequenceOutput, SequenceOutput>) async throws in
            try await withThrowingTaskGroup { group in
                group.addTask {
                    for try await bytes in execution.standardOutput {
                        try transcript.append(bytes.withUnsafeBytes { Array($0) }, to: .output)
                    }
                }
                group.addTask {
                    for try await bytes in execution.standardError {
                        try transcript.append(bytes.withUnsafeBytes { Array($0) }, to: .error)
                    }
                }
                let writer = execution.standardInputWriter
                if !input.isEmpty { _ = try await writer.write(input) }
                // A terminal's input goes on as long as somebody sits there.
                if !onTerminal, !isAsked { try await writer.finish() }
                group.addTask {
                    let running = RunningCommand(
                        transcript: transcript, pid: execution.processIdentifier.value,
                        send: { try execution.send(signal: $0) }, type: { _ = try await writer.write($0) })
                    let result: Result<Void, any Error>
                    do { result = .success(try await body(running)) } catch { result = .failure(error) }
                    if isAsked { try await writer.finish() }
                    try result.get()
                }
                // The two readers end with the process, `body` when it has seen enough.
                for _ in 0..<2 { try await group.next() }
                transcript.finish()
                try await group.waitForAll()
            }
        }
        return Outcome(
            command: text, status: result.terminationStatus, output: transcript.output, error: transcript.error)
    }

    private var configuration: Configuration {
        var options = PlatformOptions()
        // In a session of its own, as from another terminal: a signal to the tests is none to it.
        options.createSession = true
        let variables = Environment.custom(
            Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }))
        guard onTerminal else {
            return Configuration(
                executable: .path(FilePath(program)), arguments: Arguments(arguments), environment: variables,
                workingDirectory: FilePath(folder), platformOptions: options)
        }
        let words = ([program] + arguments).map {
            "'"
                + $0.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
        }
        return Configuration(
            executable: .name("script"),
            arguments: Arguments([
                "--quiet", "--return", "--flush", "--command", "exec " + words.joined(separator: " "), "/dev/null",
            ]),
            environment: variables, workingDirectory: FilePath(folder), platformOptions: options)
    }
}

/// A program while it runs.
struct RunningCommand: Sendable {
    let transcript: Transcript
    let pid: Int32
    fileprivate let send: @Sendable (Signal) throws -> Void
    fileprivate let type: @Sendable (String) async throws -> Void

    /// Sends it a signal, as `kill` does.
    func signal(_ signal: Signal) throws { try send(signal) }

    /// Writes on its standard input. On a terminal `\u{3}` is Ctrl-C.
    func type(_ text: String) async throws { try await type(text) }

    /// Returns when it has written `text` on standard output.
    func waitForOutput(_ text: String) async throws {
        try await transcript.wait(for: "\"\(text)\" on standard output") { $0.output.contains(text) }
    }

    /// Returns when it has written `text` on standard error.
    func waitForError(_ text: String) async throws {
        try await transcript.wait(for: "\"\(text)\" on standard error") { $0.error.contains(text) }
    }
}

/// What became of a program.
struct Outcome: Sendable, CustomStringConvertible {
    let command: String
    let status: TerminationStatus
    let output: String
    let error: String

    /// The exit code; nil for a program that a signal ended.
    var code: Int32? {
        if case .exited(let code) = status { code } else { nil }
    }

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    var description: String { "\(command)\n--- \(status)\n--- stdout\n\(output)\n--- stderr\n\(error)" }

    /// Records a failure unless the program ended with `code`.
    @discardableResult
    func exits(_ code: Int32, sourceLocation: SourceLocation = #_sourceLocation) -> Outcome {
        #expect(self.code == code, "\(self)", sourceLocation: sourceLocation)
        return self
    }

    /// Records a failure for each text that is missing on standard error.
    @discardableResult
    func says(_ texts: String..., sourceLocation: SourceLocation = #_sourceLocation) -> Outcome {
        for text in texts {
            #expect(error.contains(text), "\"\(text)\" is missing in\n\(self)", sourceLocation: sourceLocation)
        }
        return self
    }
}
