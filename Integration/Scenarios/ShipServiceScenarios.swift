import FoundationEssentials
import Subprocess
import Testing

/// `ship` as a service: its end, receivers that do not answer, and files that change under it.
@Suite(.onEngine) struct ShipServiceScenarios {
    /// Many times what the slowest takes on an idle machine.
    private static let limit: Duration = .seconds(400)

    private static func compose(_ services: String..., sinks: String, routes: String = "[]") -> String {
        """
        services:
        \(services.joined(separator: "\n"))
        x-gantry:
          logs:
            sinks: {\(sinks)}
            routes: \(routes)
        """
    }

    private static func hook(_ name: String, _ port: Int) -> String {
        "\(name): 'http://127.0.0.1:\(port)/?compression=none&batch.age=100ms'"
    }

    @Test func anEndMustSendWhatItCanAndTellWhatItCannot() async throws {
        let lines = 100
        let closed = try await Listener.freePort()
        try await LogReceiver.with(.batches) { good, port in
            let compose = Self.compose(
                LogWriter.bursting("talker", lines / 2),
                sinks: "\(Self.hook("good", port)), \(Self.hook("away", closed))")
            try await Scenario.with(compose) { scenario in
                try await scenario.gantry("up", "-d")
                for (signal, code, timeout) in [(Signal.terminate, 0, "1"), (.interrupt, 130, "1")] {
                    let ended = try await scenario.whileRunning("ship", "--drain-timeout", timeout) { running in
                        try await running.waitForError("Log sink away is unavailable")
                        try await good.wait { $0.lines.total >= lines }
                        try running.signal(signal)
                    }
                    ended.exits(Int32(code)).says(
                        "Sending what is left; another signal leaves at once.",
                        // The writer says one line of its own.
                        "Log sink away does not have \(lines + 1) records yet. They are kept in ")
                }
                let left = try await scenario.whileRunning("ship", "--drain-timeout", "600") { running in
                    try await running.waitForError("Log sink away is unavailable")
                    try running.signal(.terminate)
                    try await running.waitForError("Sending what is left")
                    try running.signal(.terminate)
                }
                left.exits(143)
                try await scenario.gantry("ship", "--once", "--drain-timeout", "1", exits: 1)
                    .says("Log sink away does not have \(lines + 1) records yet.")
                try await LogReceiver.with(.batches, port: closed) { away, _ in
                    try await scenario.gantry("ship", "--once")
                    #expect(away.lines.total == lines && away.lines.doubled == 0, "\(away.lines)")
                }
                #expect(good.lines.total == lines && good.lines.doubled == 0, "\(good.lines)")
            }
        }
    }

    @Test func aReceiverThatNeverAnswersMustCostDiskOnly() async throws {
        let lines = 500_000
        try await LogReceiver.with(.batches) { good, goodPort in
            try await LogReceiver.with(.batches, .isSilent) { _, mutePort in
                try await LogReceiver.with(.lines, .isSilent) { _, holePort in
                    let sinks =
                        "\(Self.hook("good", goodPort)), \(Self.hook("mute", mutePort)), "
                        + "hole: 'tcp://127.0.0.1:\(holePort)'"
                    let compose = Self.compose(LogWriter.bursting("talker", lines / 4), sinks: sinks)
                    try await Scenario.with(compose, alone: true, limit: Self.limit) { scenario in
                        let ended = try await scenario.whileRunning("ship", "--drain-timeout", "1") { running in
                            try await running.waitForError("Shipping the output")
                            try await scenario.gantry("up", "-d")
                            try await good.wait { $0.lines.total >= lines / 4 }
                            let early = try Self.peakMemory(of: running)
                            try await good.wait { $0.lines.total >= lines / 2 }
                            // The second half is written when it is told to stop.
                            try await scenario.gantry("down").says("Removed")
                            try await good.wait { $0.lines.total >= lines }
                            let late = try Self.peakMemory(of: running)
                            print(
                                "ship to receivers that never answer: peak \(early >> 20) MiB, then \(late >> 20) MiB")
                            #expect(late < early + Self.memoryRise)
                            try running.signal(.terminate)
                        }
                        ended.exits(0).says("Log sink mute does not have", "Log sink hole does not have")
                        #expect(!ended.error.contains("Log sink good does not have"))
                        let expected = LogWriter.burst("talker", lines / 4)
                        #expect(expected.missing(in: good.lines) == 0 && good.lines.doubled == 0, "\(good.lines)")
                    }
                }
            }
        }
    }

    /// Of what is resident, in bytes: what buffers may still grow by, a small part of the lines that pass.
    private static let memoryRise = 32 << 20

    /// The most that was resident, in bytes.
    private static func peakMemory(of running: RunningCommand) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(running.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber))) << 10
    }

    @Test(arguments: ["json-file", "local"])
    func aChangeMustTakeEffectAndLoseAndDoubleNothing(driver: String) async throws {
        try await LogReceiver.with(.batches, .takesTime) { first, firstPort in
            try await LogReceiver.with(.batches) { second, secondPort in
                let compose = { @Sendable (port: Int, routes: String) in
                    Self.compose(
                        LogWriter.steady("talker", driver: driver),
                        sinks: Self.hook("hook", port) + ", file: 'file:./out.jsonl'", routes: routes)
                }
                try await Scenario.with(compose(firstPort, "[]"), limit: Self.limit) { scenario in
                    try await scenario.gantry("up", "-d")
                    let ended = try await scenario.whileRunning("ship") { running in
                        try await first.wait { $0.lines.total >= 2000 }
                        try scenario.write(compose(secondPort, "[{redact: secret}]"), to: "compose.yaml")
                        try running.signal(.terminalClosed)
                        try await running.waitForError("The declaration was read again. Sinks changed: hook.")
                        try await second.wait { $0.lines.total >= 2000 }
                        // Of a mistake only the place is told; nothing changes.
                        try scenario.write(compose(secondPort, "[{redact: '('}]"), to: "compose.yaml")
                        try running.signal(.terminalClosed)
                        try await running.waitForError(
                            "cannot be read again, and all goes on as it was:\ncompose.yaml:")
                        let before = second.lines.total
                        try await second.wait { $0.lines.total >= before + 1000 }
                        // Without a signal, by the file alone.
                        try scenario.write(compose(firstPort, "[{redact: 'secret'}]"), to: "compose.yaml")
                        try await running.transcript.wait(for: "another reading") {
                            $0.error.split(separator: "Sinks changed: hook.").count == 3
                        }
                        try await scenario.gantry("stop")
                        try running.signal(.terminate)
                    }
                    ended.exits(0)
                    var received = first.lines
                    received.add(second.lines)
                    let written = NumberedLines(try await scenario.log(of: "talker").utf8)
                    let file = try String(contentsOfFile: scenario.folder + "/out.jsonl", encoding: .utf8)
                    for (name, found) in [("http", received), ("file", NumberedLines(Array(file.utf8)))] {
                        print("ship reloaded, \(driver), \(name): lost \(written.missing(in: found)), \(found)")
                        #expect(written.missing(in: found) == 0 && found.doubled == 0, "\(name)")
                    }
                    let last = try #require(file.split(separator: "\n").last)
                    #expect(last.contains("***") && !last.contains("secret"), "\(last)")
                    #expect(file.split(separator: "\n").first?.contains("secret") == true)
                }
            }
        }
    }

    /// What a container writes when it is told to stop is there before the container goes, whoever removes it.
    @Test(arguments: ["json-file", "local"])
    func noRemovalMustTakeTheLastLinesAway(driver: String) async throws {
        let lines = 10_000
        try await LogReceiver.with(.batches) { receiver, port in
            let compose = Self.compose(
                LogWriter.bursting("talker", lines, driver: driver) + "\n    scale: $COUNT",
                sinks: Self.hook("hook", port))
            try await Scenario.with(compose, limit: Self.limit) { scenario in
                var first = scenario
                first.environment["VERSION"] = "1"
                first.environment["COUNT"] = "2"
                var second = first
                second.environment["VERSION"] = "2"
                second.environment["COUNT"] = "1"
                let (old, new) = (first, second)
                try await old.gantry("up", "-d")
                let ended = try await old.whileRunning("ship") { running in
                    try await receiver.wait { $0.lines.total >= 4 * lines }
                    // Replaces one and removes the other.
                    try await new.gantry("up", "-d")
                    try await receiver.wait { $0.lines.total >= 10 * lines }
                    try await new.gantry("down")
                    try running.signal(.terminate)
                }
                ended.exits(0)
                // Three containers wrote the same lines.
                print("ship past removals, \(driver): \(receiver.lines)")
                #expect(receiver.lines.total == 12 * lines)
                #expect(!ended.error.contains("log.gap") && receiver.complaints.isEmpty, "\(ended)")
            }
        }
    }

    @Test func upAndSuperviseMustShipUnlessAnotherDoes() async throws {
        let lines = 1000
        try await LogReceiver.with(.batches) { first, firstPort in
            try await LogReceiver.with(.batches) { second, secondPort in
                let compose = { @Sendable (port: Int, service: String) in
                    Self.compose(LogWriter.bursting(service, lines), sinks: Self.hook("hook", port))
                }
                try await Scenario.with(compose(firstPort, "talker"), limit: Self.limit) { scenario in
                    let up = try await scenario.whileRunning("up") { running in
                        try await running.waitForOutput("ready")
                        try running.signal(.interrupt)
                    }
                    up.exits(130)
                    #expect(LogWriter.burst("talker", lines).missing(in: first.lines) == 0, "\(first.lines)")
                    try await scenario.gantry("down")
                    let supervised = try await scenario.whileRunning("supervise") { running in
                        try await running.waitForError("is kept so")
                        // A mistake refuses all that a file says.
                        let wrong = Self.compose(LogWriter.bursting("wrong", 1), sinks: "hook: 'htp://127.0.0.1'")
                        try scenario.write(wrong, to: "compose.yaml")
                        try running.signal(.terminalClosed)
                        try await running.waitForError("x-gantry.logs.sinks.hook")
                        try scenario.write(compose(secondPort, "other"), to: "compose.yaml")
                        try running.signal(.terminalClosed)
                        try await second.wait { $0.lines.total >= 2 * lines }
                        try running.signal(.terminate)
                    }
                    supervised.exits(0).says("The declaration was read again. Sinks changed: hook.")
                    #expect(LogWriter.burst("other", lines).missing(in: second.lines) == 0, "\(second.lines)")
                    let before = second.lines.total
                    let unshipped = try await scenario.whileRunning("up", "--no-ship") { running in
                        try await running.waitForOutput("ready")
                        try running.signal(.interrupt)
                    }
                    unshipped.exits(130)
                    #expect(second.lines.total == before)
                    let shipper = try await scenario.whileRunning("ship") { running in
                        try await running.waitForError("Shipping the output")
                        let beside = try await scenario.whileRunning("up") { up in
                            try await up.waitForOutput("ready")
                            try up.signal(.interrupt)
                        }
                        beside.exits(130).says("is shipped by another process already")
                        try running.signal(.terminate)
                    }
                    shipper.exits(0)
                }
            }
        }
    }
}
