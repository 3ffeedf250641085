import FoundationEssentials
import GRDB
import Subprocess
import Testing

/// A shipper that is killed at random instants loses nothing, and doubles nothing but what a receiver without
/// acknowledgements cannot tell.
@Suite(.onEngine) struct ShipKillScenarios {
    /// Many times what two hundred take on an idle machine.
    private static let limit: Duration = .seconds(1800)
    /// Of the sink whose receiver acknowledges nothing: what is under way at a kill comes twice.
    private static let batch = 500

    private static func compose(webhook: Int, lines: Int) -> String {
        """
        services:
        \(LogWriter.steady("plain"))
        \(LogWriter.steady("rotated", driver: "local"))
        x-gantry:
          logs:
            sinks:
              file: {url: 'file:./out.jsonl', fields: [time, uid, message], rotate: {size: 1gb}}
              db: 'sqlite:./out.db'
              hook: 'http://127.0.0.1:\(webhook)/?compression=none'
              lines: 'tcp://127.0.0.1:\(lines)?batch.count=\(batch)'
        """
    }

    @Test func twoHundredKillsMustLoseAndDoubleNothing() async throws {
        let kills = Proof.isFull ? 200 : 8
        print("ship kills: GANTRY_SEED=\(SeededGenerator.seed)")
        try await LogReceiver.with(.batches, .takesTime) { hook, hookPort in
            try await LogReceiver.with(.lines) { stream, streamPort in
                try await Scenario.with(
                    Self.compose(webhook: hookPort, lines: streamPort), alone: true, limit: Self.limit
                ) { scenario in
                    try await scenario.gantry("up", "-d")
                    var random = SeededGenerator(stream: 0)
                    for _ in 0..<kills { try await Self.kill(scenario, &random) }
                    try await scenario.gantry("stop")
                    try await scenario.gantry("ship", "--once", "--drain-timeout", "120")
                    let written = try await Self.written(scenario)
                    #expect(written.doubled == 0 && written.total > 0, "\(written)")
                    let doubles = [
                        ("file", try Self.file(scenario), 0), ("sqlite", try Self.database(scenario), 0),
                        ("http", hook.lines, 0), ("tcp", stream.lines, kills * Self.batch),
                    ]
                    print("ship kills: \(kills) kills, \(written.total) lines written")
                    for (name, found, bound) in doubles {
                        let lost = written.missing(in: found)
                        print("ship kills: \(name): lost \(lost), doubled \(found.doubled) of at most \(bound)")
                        #expect(lost == 0 && found.doubled <= bound, "\(name)")
                        #expect(found.missing(in: written) == 0, "\(name) has what nobody wrote")
                    }
                    print("ship kills: http: \(hook.repeated) batches came again, with the same keys")
                }
            }
        }
    }

    /// Runs a shipper and kills it, half of the time while it begins.
    private static func kill(_ scenario: Scenario, _ random: inout SeededGenerator) async throws {
        let delay = Duration.milliseconds(Int.random(in: 50...800, using: &random))
        let waits = Bool.random(using: &random)
        let killed = try await scenario.whileRunning("ship") { running in
            if waits { try await running.waitForError("Shipping the output") }
            try await Task.sleep(for: delay)
            try running.signal(.kill)
        }
        #expect(killed.code == nil, "\(killed)")
    }

    private static func written(_ scenario: Scenario) async throws -> NumberedLines {
        var lines = NumberedLines()
        for service in ["plain", "rotated"] { lines.take(try await scenario.log(of: service).utf8) }
        return lines
    }

    private static func file(_ scenario: Scenario) throws -> NumberedLines {
        NumberedLines([UInt8](try Data(contentsOf: URL(filePath: scenario.folder + "/out.jsonl"))))
    }

    private static func database(_ scenario: Scenario) throws -> NumberedLines {
        try DatabaseQueue(path: scenario.folder + "/out.db").read { database in
            var lines = NumberedLines()
            let messages = try String.fetchCursor(database, sql: "SELECT message FROM log")
            while let message = try messages.next() { lines.take(message.utf8) }
            return lines
        }
    }
}
