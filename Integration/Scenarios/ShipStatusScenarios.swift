import Dispatch
import FoundationEssentials
import Subprocess
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What people and programs see of `ship`: what it takes, how it stands, what was refused, and its unit.
@Suite(.onEngine) struct ShipStatusScenarios {
    private static func talking(_ name: String, _ extra: String = "") -> String {
        """
          \(name):
            image: busybox
            init: true
            command: sh -c 'echo "#\(name) 0#"; exec sleep infinity'
            \(extra)
        """
    }

    private static func compose(_ services: [String], _ logs: String) -> String {
        "services:\n\(services.joined(separator: "\n"))\nx-gantry:\n  logs: {\(logs)}\n"
    }

    @Test func allMustTakeWhatItsFiltersSayAndNothingElse() async throws {
        let mark = "team=" + String(UInt32.random(in: 0...UInt32.max), radix: 16)
        let services = [
            Self.talking("red", "labels: ['\(mark)']"), Self.talking("blue"),
            Self.talking("off", "labels: ['\(mark)', 'io.gantry.logs=off']"),
        ]
        try await Scenario.with(Self.compose(services, "")) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let project = scenario.project
            for (arguments, expected) in [
                (["--label", mark], ["red"]), (["--name", "\(project)-?*"], ["blue", "red"]),
                (["--image", "busy*", "--name", "\(project)-b*"], ["blue"]), (["--image", "nothing"], []),
                (["--label", mark, "--name", "\(project)-blue-*"], []),
            ] {
                var shipping = scenario
                // Each begins anew.
                shipping.environment["GANTRY_STATE_DIR"] =
                    scenario.stateFolder + "/\(UInt32.random(in: 0...UInt32.max))"
                try await LogReceiver.with(.batches) { receiver, port in
                    let sink = "http://127.0.0.1:\(port)/?compression=none"
                    var command = try shipping.command(["ship", "--all", "--once", "--sink", sink] + arguments)
                    command.input = ""
                    try await command.run().exits(0)
                    var wanted = NumberedLines()
                    for name in expected { wanted.take("#\(name) 0#".utf8) }
                    #expect(
                        wanted.missing(in: receiver.lines) == 0 && receiver.lines.total == expected.count,
                        "\(arguments): \(receiver.lines)")
                }
            }
            try await scenario.gantry("ship", "--label", mark, "--sink", "file:./out", exits: 1)
                .says("--label is for --all")
        }
    }

    @Test func statusAndMetricsMustShowHowEachSinkStands() async throws {
        let closed = try await Listener.freePort()
        try await LogReceiver.with(.batches) { good, port in
            let logs =
                "sinks: {good: 'http://127.0.0.1:\(port)/?compression=none', away: 'http://127.0.0.1:\(closed)/'}, "
                + "routes: [{exclude: noise, to: good}], metrics: {port: 0, token: sesame}"
            let services = [LogWriter.bursting("talker", 50), Self.talking("noise")]
            try await Scenario.with(Self.compose(services, logs)) { scenario in
                try await scenario.gantry("ship", "--status", exits: 1).says("Nothing was shipped")
                try await scenario.gantry("up", "-d")
                let ended = try await scenario.whileRunning("ship", "--drain-timeout", "0") { running in
                    try await running.waitForError("Metrics are served at ")
                    let address = running.transcript.error.split(separator: "Metrics are served at ")[1]
                        .prefix { $0 != "\n" }.dropLast()
                    try await running.waitForError("Log sink away is unavailable")
                    try await good.wait { $0.lines.total >= 100 }
                    // It is written every second. Instead of the line that is left out there is a notice.
                    var status = try await scenario.gantry("ship", "--status")
                    while !status.output.contains("unavailable") || !status.output.contains(" 102 ") {
                        status = try await scenario.gantry("ship", "--status")
                    }
                    #expect(status.output.contains("Process \(running.pid) is shipping."), "\(status)")
                    let json = try await scenario.gantry("ship", "--status", "--format", "json").output
                    let known = try JSONDecoder().decode(Status.self, from: Data(json.utf8))
                    #expect(known.process == running.pid && known.sinks.map(\.name) == ["away", "good"])
                    #expect(known.sinks.map(\.state) == ["unavailable", "shipping"], "\(json)")
                    #expect(known.sinks.map(\.backlogRecords) == [102, 0] && known.sinks[1].deliveredRecords == 102)
                    let page = try await Self.fetch(String(address), token: "sesame")
                    for line in [
                        "gantry_ship_records_total{sink=\"good\"} 102",
                        "gantry_ship_backlog_records{sink=\"away\"} 102",
                        "gantry_ship_failing{sink=\"away\"} 1", "gantry_ship_failing{sink=\"good\"} 0",
                        "gantry_spool_appended_records_total 102", "gantry_ship_lag_seconds{sink=\"good\"}",
                        "gantry_ship_dropped_records_total{sink=\"good\",cause=\"pattern\"} 1",
                        "gantry_ship_bytes_total{sink=\"good\"}", "gantry_spool_bytes ",
                        "gantry_ship_retries_total{sink=\"away\"}",
                    ] { #expect(page.contains(line), "\(line) is missing in\n\(page)") }
                    await #expect(throws: HTTPFailure.self) { try await Self.fetch(String(address), token: "wrong") }
                    try running.signal(.terminate)
                }
                ended.exits(0)
                let last = try await scenario.gantry("ship", "--status")
                #expect(last.output.contains("No process is shipping; process"), "\(last)")
            }
        }
    }

    private struct Status: Decodable {
        struct Sink: Decodable {
            let name: String
            let state: String
            let backlogRecords: Int
            let deliveredRecords: Int
        }
        let process: Int32
        let sinks: [Sink]
    }

    private static func fetch(_ address: String, token: String) async throws -> String {
        let result = try await run(
            .name("curl"),
            arguments: ["-sS", "--fail", "--max-time", "10", "-H", "Authorization: Bearer \(token)", address],
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else { throw HTTPFailure(reason: result.standardError) }
        return result.standardOutput
    }

    @Test func whatIsRefusedMustBeKeptAndSentAgainWhenItIsAskedFor() async throws {
        try await LogReceiver.with(.batches, .answers(400)) { receiver, port in
            let logs = "sinks: {hook: 'http://127.0.0.1:\(port)/?compression=none'}"
            try await Scenario.with(Self.compose([LogWriter.bursting("talker", 5)], logs)) { scenario in
                try await scenario.gantry("up", "-d")
                try await scenario.gantry("ship", "dlq").says("Nothing was shipped")
                let ended = try await scenario.whileRunning("ship") { running in
                    try await running.waitForError("They are kept as dead letters.")
                    try await scenario.gantry("stop")
                    try running.signal(.terminate)
                }
                ended.exits(0).says("Log sink hook refused")
                try await scenario.gantry("ship", "--once")
                let letters = try await scenario.gantry("ship", "dlq", "--format", "json").lines
                #expect(letters.count == 21 && letters.allSatisfy { $0.contains("400") }, "\(letters)")
                try await scenario.gantry("ship", "dlq", "replay", exits: 1)
                receiver.behave(.takes)
                let uid = try #require(try await scenario.gantry("ship", "dlq").lines.last?.split(separator: " ")[2])
                try await scenario.gantry("ship", "dlq", "rm", "hook", String(uid))
                let replayed = try await scenario.gantry("ship", "dlq", "replay", "hook")
                #expect(replayed.output.contains("hook: 20 delivered, 0 refused again."), "\(replayed)")
                #expect(receiver.lines.total >= 19 && receiver.lines.doubled == 0, "\(receiver.lines)")
                #expect(try await scenario.gantry("ship", "dlq", "--format", "json").output == "")
            }
        }
    }

    @Test func theUnitMustRunItAndItsManagerMustKnowHowItStands() async throws {
        let compose = Self.compose([Self.talking("talker")], "sinks: {file: 'file:./out.jsonl'}")
        try await Scenario.with(compose) { scenario in
            let unit = try await scenario.gantry("ship", "--print-unit", "--drain-timeout", "60").output
            #expect(unit.contains("Type=notify\n") && unit.contains("TimeoutStopSec=90\n"), "\(unit)")
            #expect(unit.contains("ExecReload=/bin/kill -HUP $MAINPID\n"), "\(unit)")
            try scenario.write(unit, to: "logs.service")
            let verified = try? await run(
                .name("systemd-analyze"), arguments: ["verify", "--man=no", scenario.folder + "/logs.service"],
                output: .discarded, error: .string(limit: 1 << 16))
            if let verified {
                #expect(!verified.standardError.contains("logs.service"), "\(verified.standardError)")
            } else {
                print("systemd-analyze is not there, so the unit's text alone was looked at")
            }
            try await scenario.gantry("up", "-d")
            try await Manager.with(scenario.folder + "/notify") { manager in
                var notified = scenario
                notified.environment["NOTIFY_SOCKET"] = scenario.folder + "/notify"
                let ended = try await notified.whileRunning("ship") { running in
                    try await manager.wait(for: "READY=1")
                    try running.signal(.terminalClosed)
                    try await manager.wait(for: "RELOADING=1")
                    try await manager.wait(for: "READY=1")
                    try running.signal(.terminate)
                    try await manager.wait(for: "STOPPING=1")
                }
                ended.exits(0).says("Nothing that concerns shipping has changed.")
            }
        }
    }
}

/// A service manager, as far as its services tell it how they stand.
private final class Manager: Sendable {
    private let all: AsyncStream<String>

    /// More than any note.
    private static let largestNote = 4096

    private init(_ all: AsyncStream<String>) { self.all = all }

    static func with(_ path: String, _ body: @Sendable (Manager) async throws -> Void) async throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        try #require(isBound)
        let (all, notes) = AsyncStream<String>.makeStream()
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "manager"))
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: Manager.largestNote)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count > 0 { notes.yield(String(decoding: bytes[..<count], as: UTF8.self)) }
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
        defer { source.cancel() }
        try await body(Manager(all))
    }

    /// Returns when it comes, after what was waited for before.
    func wait(for note: String) async throws {
        for await text in all where text.split(separator: "\n").contains(note[...]) { return }
        throw CancellationError()
    }
}
