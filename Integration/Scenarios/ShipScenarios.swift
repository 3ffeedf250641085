import EngineAPI
import FoundationEssentials
import GRDB
import Subprocess
import Testing

/// `ship`: each line once, whatever becomes of the shipper.
@Suite(.onEngine) struct ShipScenarios {
    private static func compose(_ command: String, sinks: String = "") -> String {
        """
        services:
          talker:
            image: busybox
            init: true
            command: ["sh", "-c", "\(command)"]
        \(sinks)
        """
    }

    private static let sinks = """
        x-gantry:
          logs:
            sinks: {file: 'file:./out.jsonl', db: 'sqlite:./out.db'}
        """

    private static func printing(_ count: Int, from first: String = "0") -> String {
        "awk -v n=\(first) 'BEGIN { for (i = 0; i < \(count); i++) print \\\"line\\\", n + i }'"
    }

    private static func written(by scenario: Scenario) throws -> [String] {
        struct Line: Decodable { let message: String }
        let data = try Data(contentsOf: URL(filePath: scenario.folder + "/out.jsonl"))
        return try data.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Line.self, from: Data($0)).message
        }
    }

    private static func stored(by scenario: Scenario) throws -> [String] {
        try DatabaseQueue(path: scenario.folder + "/out.db").read {
            try String.fetchAll($0, sql: "SELECT message FROM log")
        }
    }

    private static func expectOnce(_ lines: [String], _ count: Int, _ sink: String) {
        let expected = Set((0..<count).map { "line \($0)" })
        print("ship to \(sink): \(lines.count) lines, missing \(expected.subtracting(lines).count)")
        #expect(lines.count == count && Set(lines) == expected, "\(sink)")
    }

    @Test func whatWasWrittenMustBeShippedOnceAndOnlyOnce() async throws {
        let lines = 20_000
        try await Scenario.with(Self.compose(Self.printing(lines) + "; exec sleep infinity")) { scenario in
            try await scenario.gantry("up", "-d")
            try await scenario.wait(for: "the last line") {
                try await scenario.log(of: "talker").hasSuffix("line \(lines - 1)\n")
            }
            for _ in 0..<2 {
                try await scenario.gantry("ship", "--once", "--drain-timeout", "60", "--sink", "file:./out.jsonl")
                Self.expectOnce(try Self.written(by: scenario), lines, "file")
            }
            let status = try await scenario.gantry("ship", "--status", "--sink", "file:./out.jsonl")
            #expect(status.output.contains("No process is shipping") && status.output.contains("file"), "\(status)")
        }
    }

    @Test func aSecondShipperMustBeToldAndSigtermMustSendWhatIsLeft() async throws {
        let compose = Self.compose(Self.printing(3) + "; exec sleep infinity", sinks: Self.sinks)
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d")
            try await scenario.gantry("ship", "--once")
            let ended = try await scenario.whileRunning("ship") { running in
                try await running.waitForError("Shipping the output")
                try await scenario.gantry("ship", exits: 1).says("is in use by another process")
                try running.signal(.terminate)
            }
            ended.exits(0)
            Self.expectOnce(try Self.written(by: scenario), 3, "file")
            Self.expectOnce(try Self.stored(by: scenario), 3, "sqlite")
        }
    }
}
