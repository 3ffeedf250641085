import FoundationEssentials
import Subprocess
import Testing

/// Containers that send their output lose and double nothing, whatever becomes of the shipper.
@Suite(.onEngine) struct ForwardScenarios {
    private static let limit: Duration = .seconds(300)

    private static func compose(_ command: String) -> String {
        """
        services:
          talker:
            image: busybox
            init: true
            command: ["sh", "-c", "\(command)"]
            # The events of its probes are occasions to look how far the shipper is.
            healthcheck: {test: ["CMD", "true"], interval: 1s}
            x-gantry: {logs: {capture: forward}}
        x-gantry:
          logs:
            sinks: {file: 'file:./out.jsonl'}
            socket: ./logs.sock
        """
    }

    private struct Line: Decodable {
        let message: String
        let service: String
    }

    private static func written(by scenario: Scenario) throws -> [Line] {
        guard let data = FileManager.default.contents(atPath: scenario.folder + "/out.jsonl") else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Line.self, from: Data($0)) }
    }

    @Test func withoutAShipperTheStartMustBeRefusedWithASentence() async throws {
        try await Scenario.with(Self.compose("echo never")) { scenario in
            try await scenario.gantry("up", "-d", exits: 1).says("where nobody takes it. Start `gantry ship` first")
            try await scenario.expectNothing()
        }
    }

    @Test func aShipperThatIsKilledMustLoseAndDoubleNothing() async throws {
        let lines = Proof.isFull ? 20_000 : 6000
        let kills = Proof.isFull ? 20 : 4
        // Long lines come in pieces.
        let script =
            "awk 'BEGIN { for (i = 0; i < \(lines); i++) { printf \\\"line %d %090d\\\", i, i; "
            + "if (i % 500 == 7) for (j = 0; j < 4000; j++) printf \\\" 0123456789\\\"; print \\\"\\\" } }'; exec sleep infinity"
        try await Scenario.with(Self.compose(script), limit: Self.limit) { scenario in
            for round in 0..<kills {
                let killed = try await scenario.whileRunning("ship") { running in
                    try await running.waitForError("Shipping the output")
                    if round == 0 { try await scenario.gantry("up", "-d") }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...900)))
                    try running.signal(.kill)
                }
                #expect(killed.code == nil, "\(killed)")
            }
            let before = try Self.written(by: scenario).count
            let ended = try await scenario.whileRunning("ship") { running in
                try await scenario.wait(for: "the last line") {
                    try Self.written(by: scenario).contains { $0.message.hasPrefix("line \(lines - 1) ") }
                }
                try running.signal(.terminate)
            }
            ended.exits(0)
            let written = try Self.written(by: scenario)
            let numbers = written.compactMap { Int($0.message.dropFirst(5).prefix { $0 != " " }) }
            print(
                "forward over \(kills) kills (\(before) lines by then): \(written.count) lines, lost "
                    + "\(Set(0..<lines).subtracting(numbers).count), doubled \(numbers.count - Set(numbers).count)")
            #expect(numbers == Array(0..<lines) && written.allSatisfy { $0.service == "talker" })
            let long = written.filter { $0.message.utf8.count > 40_000 }
            #expect(long.count == (lines - 8) / 500 + 1)
        }
    }
}
