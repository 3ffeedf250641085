import FoundationEssentials
import Subprocess
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A spool that is full, or on a full disk, or damaged: `ship` lives on, and says exactly what is lost.
@Suite(.onEngine) struct ShipSpoolScenarios {
    /// Many times what the slowest takes on an idle machine.
    private static let limit: Duration = .seconds(400)

    private static func compose(_ lines: Int, port: Int, spool: String, policy: String = "keep") -> String {
        """
        services:
        \(LogWriter.bursting("talker", lines, padding: 400))
        x-gantry:
          logs:
            sinks: {hook: 'http://127.0.0.1:\(port)/?compression=none&when_full=\(policy)'}
            spool: {\(spool)}
        """
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a small disk"))
    func aFullDiskMustStopNothingForGood() async throws {
        let lines = 60_000
        let port = try await Listener.freePort()
        let compose = Self.compose(lines / 2, port: port, spool: "folder: ./disk/spool")
        try await Scenario.with(compose, limit: Self.limit) { scenario in
            let disk = scenario.folder + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
            // Room for less than a third of the lines, beside what is set aside for cursors.
            guard try await Self.call("mount", "-t", "tmpfs", "-o", "size=40m", "none", disk) else {
                return print("a full disk: not looked at, because this user may not mount one")
            }
            do {
                try await scenario.gantry("up", "-d")
                let ended = try await scenario.whileRunning("ship") { running in
                    try await running.waitForError("is full: no record was kept")
                    try await LogReceiver.with(.batches, port: port) { receiver, _ in
                        try await receiver.wait { $0.lines.total >= lines }
                        print("ship past a full disk: \(receiver.lines), lost \(receiver.lost)")
                        #expect(receiver.lines.total == lines && receiver.lines.doubled == 0 && receiver.lost == 0)
                        try running.signal(.terminate)
                        try await running.transcript.wait(for: "its end") { $0.error.contains("Sending what is left") }
                    }
                }
                ended.exits(0)
            } catch {
                Issue.record(error)
            }
            _ = try await Self.call("umount", "--lazy", disk)
        }
    }

    @Test(arguments: ["drop_oldest", "evict_sink"])
    func whatAFullSpoolDropsMustBeSaidToTheLine(policy: String) async throws {
        let lines = 60_000
        let port = try await Listener.freePort()
        let compose = Self.compose(lines / 2, port: port, spool: "size: 16mb", policy: policy)
        try await Scenario.with(compose, limit: Self.limit) { scenario in
            try await scenario.gantry("up", "-d")
            let log = try await scenario.whileRunning("ship", "--once", "--drain-timeout", "0") { _ in }
            log.exits(1)
            try await LogReceiver.with(.batches, port: port) { receiver, _ in
                try await scenario.gantry("ship", "--once", "--drain-timeout", "100")
                print("ship past a full spool, \(policy): \(receiver.lines), lost \(receiver.lost)")
                // The writer says one line of its own, which may be among either.
                #expect((0...1).contains(receiver.lost + receiver.lines.total - lines), "\(receiver.lines)")
                #expect(receiver.lost > 0 && receiver.lines.doubled == 0)
            }
        }
    }

    @Test func damageMustNotKeepItFromBeginningAndMustBeCounted() async throws {
        let lines = 40_000
        let port = try await Listener.freePort()
        try await Scenario.with(
            Self.compose(lines / 2, port: port, spool: "size: 64mb, folder: ./spool"), limit: Self.limit
        ) { scenario in
            let spool = scenario.folder + "/spool"
            try await scenario.gantry("up", "-d")
            while try await !scenario.log(of: "talker").contains("ready\n") { try Task.checkCancellation() }
            try await scenario.gantry("ship", "--once", "--drain-timeout", "0", exits: 1)
            let segments = try FileManager.default.contentsOfDirectory(atPath: spool)
                .filter { $0.hasSuffix(".segment") }.sorted().map { "\(spool)/\($0)" }
            try #require(segments.count >= 2, "\(segments)")
            try Self.change(segments[0]) { $0[$0.count / 2] ^= 4 }
            try Self.change(segments[1]) { $0.removeLast(1000) }
            try await LogReceiver.with(.batches, port: port) { receiver, _ in
                let shipped = try await scenario.gantry("ship", "--once", "--drain-timeout", "100")
                print("ship past damage: \(receiver.lines), lost \(receiver.lost)")
                #expect((0...1).contains(receiver.lost + receiver.lines.total - lines), "\(shipped)")
                shipped.says("The log spool is damaged: ")
                #expect(receiver.lost > 1 && receiver.lost < 100 && receiver.lines.doubled == 0)
            }
            let status = try await scenario.gantry("ship", "--status", "--format", "json").output
            #expect(status.contains("\"damagedRecords\" : "), "\(status)")
            // All that is left of the spool's index is rubbish.
            try Self.change(spool + "/index.sqlite") { for index in $0.indices { $0[index] = 7 } }
            try await LogReceiver.with(.batches, port: port) { _, _ in
                try await scenario.gantry("ship", "--once", "--drain-timeout", "100").says("was put aside")
            }
        }
    }

    private static func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        body(&bytes)
        try Data(bytes).write(to: URL(filePath: path))
    }

    private static func call(_ program: String, _ arguments: String...) async throws -> Bool {
        try await run(.name(program), arguments: Arguments(arguments), output: .discarded, error: .discarded)
            .terminationStatus.isSuccess
    }
}
