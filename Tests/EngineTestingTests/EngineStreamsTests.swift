import EngineAPI
import Testing

@testable import EngineTesting

@Suite struct EngineStreamsTests {
    // MARK: Events

    @Test func subscriptionIsInForceBeforeTheBody() async throws {
        let stage = Stage()
        _ = try await stage.run("before-1")
        let actions = try await stage.engine.withEvents(matching: EventFilter(types: ["container"]), since: nil) {
            _ = try await stage.run("web-1") { $0.labels = ["tier": "front"] }
            return try await $0.prefix(2).reduce(into: [String]()) {
                $0.append("\($1.action) \($1.attributes["name"] ?? "") \($1.attributes["tier"] ?? "")")
            }
        }
        #expect(actions == ["create web-1 front", "start web-1 front"])
    }

    @Test func replaysKeptEventsAndFiltersThem() async throws {
        let stage = Stage()
        _ = try await stage.run("a-1")
        let since = try #require(try await stage.engine.container("a-1").startedAt)
        let id = try await stage.run("web-1") { $0.labels = ["p": "x"] }
        try stage.engine.exit(id, code: 9)
        let filter = EventFilter(types: ["container"], labels: ["p=x"])
        let die = try await stage.engine.withEvents(matching: filter, since: since) {
            try await $0.first { $0.action == "die" }
        }
        #expect(die?.attributes["exitCode"] == "9")
        let first = try await stage.engine.withEvents(matching: EventFilter(types: ["container"]), since: since) {
            try await $0.first { _ in true }
        }
        #expect(first?.action == "start" && first?.attributes["name"] == "a-1")
        let times = stage.engine.control { $0.events.elements.map(\.time) }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func aReaderThatFallsTooFarBehindIsDisconnected() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        await expectRefusal(.disconnected, "behind") {
            try await stage.engine.withEvents(matching: EventFilter(), since: nil) { events in
                for _ in 0...EngineState.bufferedEvents {
                    try await stage.engine.pauseContainer(id)
                    try await stage.engine.unpauseContainer(id)
                }
                for try await _ in events {}
            }
        }
    }

    @Test func cutStreamsEndWithDisconnected() async throws {
        let stage = Stage()
        await expectRefusal(.disconnected, "closed") {
            try await stage.engine.withEvents(matching: EventFilter(), since: nil) { events in
                stage.engine.cutStreams()
                for try await _ in events {}
            }
        }
    }

    @Test func aCancelledReaderStopsWaiting() async throws {
        let stage = Stage()
        let reader = Task {
            try await stage.engine.withEvents(matching: EventFilter(), since: nil) { events in
                for try await _ in events {}
            }
        }
        reader.cancel()
        await #expect(throws: CancellationError.self) { try await reader.value }
    }

    // MARK: Output

    @Test func anAttachmentFromBeforeTheStartMissesNothingAndEndsWithTheRun() async throws {
        let stage = Stage(
            ContainerBehavior(run: .exits(code: 0), output: ["one", OutputLine("two", on: .stderr)]))
        let id = try await stage.create("web-1")
        let frames = try await stage.engine.withAttachment(to: id, input: false) { connection in
            try await stage.engine.startContainer(id)
            try await stage.engine.startContainer(id)
            return try await connection.output.reduce(into: [OutputFrame]()) { $0 += $1 }
        }
        #expect(frames.map(\.stream) == [.stdout, .stderr])
        #expect(frames.map { String(decoding: $0.bytes, as: UTF8.self) } == ["one\n", "two\n"])
    }

    @Test func whatIsSentArrives() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        try await stage.engine.withAttachment(to: id, input: true) { try await $0.send(Array("hi".utf8)) }
        #expect(try stage.engine.receivedInput(of: id) == Array("hi".utf8))
        await expectRefusal(.invalidRequest, "without input") {
            try await stage.engine.withAttachment(to: id, input: false) { try await $0.send([1]) }
        }
        try await stage.engine.uploadArchive([1, 2], to: id, directory: "/run")
        #expect(try stage.engine.receivedArchives(of: id).map(\.directory) == ["/run"])
    }

    @Test func followedLogsEndWhenTheContainerExitsOrGoes() async throws {
        let stage = Stage(ContainerBehavior(output: ["started"]))
        let id = try await stage.run("web-1")
        let options = LogOptions(follow: true)
        let lines = try await stage.engine.withLogs(of: id, options) { stream in
            try stage.engine.emit("half", from: id)
            try stage.engine.emit(" line\nlast\n", from: id)
            try await stage.engine.removeContainer(id, force: true, anonymousVolumes: false)
            return try await stream.lines()
        }
        #expect(lines == ["started", "half", " line", "last"])
    }

    @Test func followedLogsWaitForOutput() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        let lines = try await stage.engine.withLogs(of: id, LogOptions(follow: true)) { stream in
            async let lines = stream.lines()
            await Task.yield()
            try stage.engine.emit("late\n", from: id)
            try stage.engine.exit(id, code: 0)
            return try await lines
        }
        #expect(lines == ["late"])
    }

    @Test func keptLogsObeyTheirOptions() async throws {
        let stage = Stage(ContainerBehavior(output: ["one", OutputLine("two", on: .stderr), "three"]))
        let id = try await stage.run("web-1")
        func lines(_ options: LogOptions) async throws -> [String] {
            try await stage.engine.withLogs(of: id, options) { try await $0.lines() }
        }
        #expect(try await lines(LogOptions()) == ["one", "two", "three"])
        #expect(try await lines(LogOptions(streams: [.stderr])) == ["two"])
        #expect(try await lines(LogOptions(tail: 2)) == ["two", "three"])
        #expect(try await lines(LogOptions(tail: 0)) == [])
        let stamped = try await lines(LogOptions(timestamps: true))
        let times = stamped.compactMap { EngineTime(String($0.prefix { $0 != " " })) }
        #expect(times.count == 3 && times == times.sorted() && Set(times).count == 3)
        #expect(stamped[1].hasSuffix(" two"))
        #expect(try await lines(LogOptions(since: times[1])) == ["two", "three"])
        #expect(try await lines(LogOptions(until: times[1])) == ["one"])
        try await stage.engine.stopContainer(id, timeout: nil)
        try await stage.engine.startContainer(id)
        #expect(try await lines(LogOptions()).count == 6)
    }

    @Test func longLinesComeInPiecesWithOneTime() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        try stage.engine.emit(String(repeating: "x", count: 40_000) + "\n", from: id)
        let sizes = try await stage.engine.withLogs(of: id, LogOptions()) {
            try await $0.reduce(into: [Int]()) { $0 += $1.map(\.bytes.count) }
        }
        #expect(sizes == [16_384, 16_384, 7_233])
        let stamped = try await stage.engine.withLogs(of: id, LogOptions(tail: 1, timestamps: true)) {
            try await $0.lines()
        }
        #expect(stamped.count == 3)
        #expect(Set(stamped.map { String($0.prefix { $0 != " " }) }).count == 1)
    }
}
