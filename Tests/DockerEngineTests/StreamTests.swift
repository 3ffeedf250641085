import DockerEngine
import EngineAPI
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct StreamTests {
    @Test(arguments: [("1.41", false), ("1.41", true), ("1.44", false)])
    func logsAreFramedUnlessTheContainerHasATerminal(api: String, terminal: Bool) async throws {
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") {
                    try await connection.send(Stub.ping(api: api))
                } else if request.line.contains("/json") {
                    #expect(api == "1.41", "the content type says it on newer engines")
                    try await connection.send(Stub.json(#"{"Id":"c1","Config":{"Tty":\#(terminal)}}"#))
                } else {
                    #expect(
                        request.line == "GET /v\(api)/containers/c1/logs?stdout=1&stderr=1&timestamps=1&tail=3"
                            + "&since=1.000000002 HTTP/1.1")
                    try await connection.send(api == "1.41" ? Stub.chunkedHead : Stub.multiplexedHead)
                    try await connection.send(Stub.chunk(terminal ? Array("a\n".utf8) : Stub.frame("a\n", stream: 2)))
                    try await connection.send(Stub.lastChunk)
                }
            }
        } _: { (engine, _) async throws in
            let options = LogOptions(tail: 3, timestamps: true, since: EngineTime(nanoseconds: 1_000_000_002))
            let frames = try await engine.withLogs(of: "c1", options) { output in
                try await output.reduce(into: []) { $0 += $1 }
            }
            #expect(frames == [OutputFrame(stream: terminal ? .stdout : .stderr, bytes: Array("a\n".utf8)[...])])
        }
    }

    @Test(arguments: [
        Stub.chunk(Stub.frame("one\n")) + Stub.chunk([1, 0, 0, 0]) + Stub.lastChunk.utf8,
        Stub.chunk(Stub.frame("one\n")),
    ])
    func logsThatBreakOffAreNotWhole(bytes: [UInt8]) async throws {
        try await withStub { connection in
            _ = try await connection.request()
            try await connection.send(Stub.ping(api: "1.44"))
            _ = try await connection.request()
            try await connection.send(Array(Stub.multiplexedHead.utf8) + bytes)
        } _: { (engine, _) async throws in
            let count = Atomic(0)
            let error = await #expect(throws: EngineError.self) {
                try await engine.withLogs(of: "c1", LogOptions()) { output in
                    for try await batch in output { count.add(batch.count, ordering: .relaxed) }
                }
            }
            #expect(error?.code == .disconnected)
            #expect(count.load(ordering: .relaxed) == 1)
        }
    }

    @Test func aSlowReaderHoldsTheEngineBack() async throws {
        // What may be under way: the client's read-ahead and one round of reads, both socket buffers, and what the stub
        // has handed to its own channel. Without back-pressure the stub sends all of it while the client is busy.
        let bound = 4 << 20
        let total = 64 << 20
        let piece = Stub.chunk(Stub.frame([UInt8](repeating: 65, count: 32 << 10)))
        let sent = Counter()
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("/logs") {
                    try await connection.send(Stub.multiplexedHead)
                    for _ in 0..<total / (32 << 10) {
                        try await connection.send(piece)
                        sent.add(32 << 10)
                    }
                    try await connection.send(Stub.lastChunk)
                } else {
                    try await connection.send(Stub.ping(api: "1.44"))
                }
            }
        } _: { (engine, _) async throws in
            let received = try await engine.withLogs(of: "c1", LogOptions()) { output in
                var (received, ahead) = (0, 0)
                for _ in 0..<200 { _ = try await engine.ping() }
                #expect(sent.value <= bound)
                for try await batch in output {
                    received += batch.reduce(0) { $0 + $1.bytes.count }
                    ahead = max(ahead, sent.value - received)
                }
                #expect(ahead <= bound)
                return received
            }
            #expect(received == total)
        }
    }

    @Test func eventsAreReadAsTheyCome() async throws {
        try await withStub { connection in
            try await connection.serve { request in
                #expect(request.line.contains("filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%2C%22type%22"))
                #expect(request.line.contains("since=5.000000000"))
                try await connection.send(Stub.chunkedHead)
                let text =
                    #"{"Type":"container","Action":"die","Actor":{"ID":"c1","Attributes":{"exitCode":"3"}},"timeNano":7}"#
                for byte in text.utf8 { try await connection.send(Stub.chunk([byte])) }
                try await connection.send(Stub.chunk(text + "\n" + text))
                return Stub.lastChunk
            }
        } _: { (engine, server) async throws in
            let filter = EventFilter(types: ["container"], labels: ["a=b"])
            let events = try await engine.withEvents(matching: filter, since: EngineTime(nanoseconds: 5_000_000_000)) {
                try await $0.reduce(into: []) { $0.append($1) }
            }
            let event = EngineEvent(
                type: "container", action: "die", actorID: "c1", attributes: ["exitCode": "3"],
                time: EngineTime(nanoseconds: 7))
            #expect(events == [event, event, event])
            _ = try await engine.ping()
            #expect(server.connections == 1, "a stream that was read to its end leaves the connection in use")
        }
    }

    @Test func eventsAreReplayedFromTheCallOn() async throws {
        try await withStub { connection in
            try await connection.serve { request in
                #expect(request.line.hasPrefix("GET /v1.41/events?since="))
                return Stub.json("")
            }
        } _: { (engine, _) async throws in
            try await engine.withEvents(matching: EventFilter(), since: nil) { for try await _ in $0 {} }
        }
    }

    @Test func aFailureWithinAPullIsThrown() async throws {
        try await withStub { connection in
            try await connection.serve { request in
                #expect(request.line == "POST /v1.41/images/create?fromImage=host%3A5000%2Fweb&tag=latest HTTP/1.1")
                try await connection.send(Stub.chunkedHead)
                let progress = #"{"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"l1"}"#
                try await connection.send(Stub.chunk(progress + "\r\n"))
                try await connection.send(
                    Stub.chunk(#"{"errorDetail":{"message":"no space left"},"error":"no space left"}"#))
                return Stub.lastChunk
            }
        } _: { (engine, _) async throws in
            let steps = Mailbox()
            let error = await #expect(throws: EngineError.self) {
                try await engine.withPull(of: "host:5000/web", platform: nil) { progress in
                    for try await step in progress { steps.post("\(step)") }
                }
            }
            #expect(error?.code == .serverFailure)
            #expect(error?.message == "no space left")
            #expect(await steps.next() == "\(PullProgress(id: "l1", status: "Downloading", current: 1, total: 2))")
        }
    }
}

/// A sum that several tasks add to.
final class Counter: Sendable {
    private let sum = Atomic(0)

    var value: Int { sum.load(ordering: .relaxed) }

    func add(_ amount: Int) { sum.add(amount, ordering: .relaxed) }
}
