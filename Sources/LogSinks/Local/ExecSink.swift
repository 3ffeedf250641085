import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A program that reads lines: `exec:/usr/local/bin/forward-logs?args=--fast,--quiet`.
///
/// Settings: those of ``LineEncoder`` (`json` unless it is said otherwise), `args` (a list). The program is started for
/// the first batch, without a shell and with our environment and standard error (no other descriptor of ours), and again
/// for the next batch after it ended; that is an outage, so the shipper waits longer from time to time.
///
/// A program acknowledges nothing: delivered is what it has read from its input. What it had not read when it ended
/// comes again, with the whole batch. At the end its input is closed, and it has five seconds to end.
actor ExecSink: Sink {
    private nonisolated let executor = BlockingExecutor(label: "gantry.sink.exec")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let limits = BatchLimits.ordered

    private struct Child {
        let process: pid_t
        let input: CInt
    }

    private let program: String
    private let arguments: [String]
    private var encoder: LineEncoder
    private var lines: [UInt8] = []
    private var child: Child?

    /// How long a program may take to end when its input has; then it is killed.
    private static let farewell = Duration.seconds(5)
    private static let pauses = (first: Duration.milliseconds(1), longest: Duration.milliseconds(20))

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        program = location.path
        guard location.transport.isEmpty, location.host.isEmpty, program.hasPrefix("/") else {
            throw SinkConfigurationError(
                "\(location.text): a program is named by its whole path, as in exec:/usr/bin/logger")
        }
        arguments = try settings.list("args") ?? []
        encoder = LineEncoder(try LineEncoder.Form(&settings, default: .json))
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        lines.removeAll(keepingCapacity: true)
        encoder.append(batch, to: &lines)
        let child = try running()
        do {
            try PipeWriter.write(lines, to: child.input)
            try await untilRead(by: child)
        } catch let failure as PipeWriter.Failure {
            throw SinkFailure.unavailable("\(program) reads no more: \(await end() ?? "\(failure)")")
        } catch {
            // Half a batch may be in the pipe: the program is not to read on in the middle of a line.
            _ = await end()
            throw error
        }
        return [:]
    }

    /// Returns when the pipe is empty.
    private func untilRead(by child: Child) async throws {
        var pause = ExecSink.pauses.first
        while true {
            var unread: CInt = 0
            guard ioctl(child.input, UInt(FIONREAD), &unread) == 0 else { throw PipeWriter.Failure(code: errno) }
            if unread == 0 { return }
            // A pipe whose reader is gone says so.
            var state = pollfd(fd: child.input, events: 0, revents: 0)
            if poll(&state, 1, 0) > 0, state.revents & Int16(POLLERR) != 0 { throw PipeWriter.Failure(code: EPIPE) }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, ExecSink.pauses.longest)
        }
    }

    private func running() throws -> Child {
        if let child {
            guard let status = ExecSink.status(of: child.process) else { return child }
            close(child.input)
            self.child = nil
            throw SinkFailure.unavailable("\(program) \(status)")
        }
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SinkFailure.file("make a pipe for", program) }
        // No other program is to keep the pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        ExecSink.closeRest(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: an interrupt at the terminal is for us, and the program ends with its input.
        var (none, usual) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&usual)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let code = posix_spawn(&process, program, &actions, &attributes, &words, environ)
        guard code == 0 else {
            close(ends[1])
            throw SinkFailure.misconfigured("cannot start \(program): \(String(cString: strerror(code)))")
        }
        let child = Child(process: process, input: ends[1])
        self.child = child
        return child
    }

    /// Our other descriptors are not the program's: a socket that it had too would not end when we close it.
    private static func closeRest(_ actions: inout posix_spawn_file_actions_t) {
        guard let folder = opendir("/proc/self/fd") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // One that is closed before the program begins is no error.
            guard let descriptor = CInt(name), descriptor > STDERR_FILENO else { continue }
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
    }

    /// How it ended; nil while it runs.
    private static func status(of process: pid_t) -> String? {
        var status: CInt = 0
        guard waitpid(process, &status, WNOHANG) != 0 else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? "ended with code \(status >> 8 & 0xFF)" : "was ended by signal \(signal)"
    }

    /// Closes its input, waits for it, and says how it ended.
    private func end() async -> String? {
        guard let child else { return nil }
        self.child = nil
        close(child.input)
        let deadline = ContinuousClock.now + ExecSink.farewell
        while true {
            if let status = ExecSink.status(of: child.process) { return "it \(status)" }
            guard ContinuousClock.now < deadline else { break }
            try? await Task.sleep(for: ExecSink.pauses.longest)
            if Task.isCancelled { break }
        }
        kill(child.process, SIGKILL)
        var status: CInt = 0
        waitpid(child.process, &status, 0)
        return "it did not end with its input, and was killed"
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        guard access(program, X_OK) == 0 else {
            throw SinkFailure.misconfigured("cannot run \(program): \(String(cString: strerror(errno)))")
        }
        await step("\(program) can be run")
    }

    func shutDown() async { _ = await end() }
}

/// `exec:PROGRAM`: see ``ExecSink``.
enum ExecSinkKind: SinkKind {
    static let scheme = "exec"
    static let form = "exec:/PATH/OF/PROGRAM"
    static let summary = "the input of a program"
    static func make(_ location: SinkLocation) throws -> any Sink { try ExecSink(location) }
}
