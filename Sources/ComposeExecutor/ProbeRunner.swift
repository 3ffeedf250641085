import EngineAPI

/// Runs containers' own healthchecks ahead of the engine's schedule.
actor ProbeRunner {
    private let engine: any ContainerEngine
    private let clock: any Clock<Duration>
    private var places: Int
    private var queue: [CheckedContinuation<Void, Never>] = []
    private var lastOutputs: [ContainerID: String] = [:]

    /// How many probes run at once over all containers: each costs the engine a process, and they must not slow the
    /// start of what they wait for.
    private static let parallel = 2
    /// Before the second probe; each later delay is half as long again.
    private static let firstDelay: Duration = .milliseconds(50)
    /// The longest delay, a share of a second so that it stays unnoticed.
    private static let longestDelay: Duration = .milliseconds(500)
    /// How long a probe may take where the check does not say; the engine's own default.
    private static let defaultTimeout: Duration = .seconds(30)
    /// How much of a probe's output is kept, in bytes; as much as engines keep.
    private static let outputLength = 4096

    init(engine: any ContainerEngine, clock: any Clock<Duration>) {
        self.engine = engine
        self.clock = clock
        places = ProbeRunner.parallel
    }

    /// Probes until a probe succeeds. False where the check cannot be run from here.
    func succeed(_ check: HealthCheckSpec, in id: ContainerID) async throws -> Bool {
        guard let command = ProbeRunner.command(check.test) else { return false }
        let timeout = check.timeout ?? ProbeRunner.defaultTimeout
        var delay = ProbeRunner.firstDelay
        while true {
            if try await probe(command, in: id, timeout: timeout) { return true }
            try await clock.sleep(for: delay)
            delay = min(delay * 1.5, ProbeRunner.longestDelay)
        }
    }

    /// What the last probe of a container that failed printed; nil where none has, or in silence.
    func lastOutput(of id: ContainerID) -> String? { lastOutputs[id].flatMap { $0.isEmpty ? nil : $0 } }

    private static func command(_ test: [String]) -> [String]? {
        switch test.first {
        case "CMD": Array(test.dropFirst())
        case "CMD-SHELL": ["/bin/sh", "-c"] + test.dropFirst()
        default: nil
        }
    }

    /// Whether one run exits with 0. What the engine refuses is no success, and no failure either: the container's
    /// state tells more.
    private func probe(_ command: [String], in id: ContainerID, timeout: Duration) async throws -> Bool {
        await enter()
        defer { leave() }
        try Task.checkCancellation()
        do {
            let engine = self.engine
            let (isSuccess, output) = try await within(timeout) {
                let exec = try await engine.createExec(ExecSpec(command: command), in: id)
                let output = try await engine.withExec(exec, terminal: false) { connection in
                    var output: [UInt8] = []
                    for try await frames in connection.output {
                        for frame in frames { output += frame.bytes.prefix(ProbeRunner.outputLength - output.count) }
                    }
                    return output
                }
                return (try await engine.exec(exec).exitCode == 0, output)
            }
            if !isSuccess { lastOutputs[id] = String(decoding: output, as: UTF8.self) }
            return isSuccess
        } catch {
            try Task.checkCancellation()
            if error is CancellationError { lastOutputs[id] = "(no end within \(timeout.components.seconds) s)" }
            return false
        }
    }

    /// A cancelled task waits its turn too: a turn is short, because every probe ends with its timeout.
    private func enter() async {
        if places > 0 {
            places -= 1
        } else {
            await withCheckedContinuation { queue.append($0) }
        }
    }

    private func leave() {
        if queue.isEmpty {
            places += 1
        } else {
            queue.removeFirst().resume()
        }
    }
}
