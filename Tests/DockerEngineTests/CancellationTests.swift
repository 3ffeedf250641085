import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CancellationTests {
    @Test func aCancelledCallFreesItsConnection() async throws {
        let seen = Mailbox()
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") { try await connection.send(Stub.ping()) }
                if request.line.contains("/version") { try await connection.send(Stub.json("{}")) }
                if request.line.contains("/containers") { seen.post("asked") }
            }
            seen.post("closed")
        } _: { (engine, _) async throws in
            let call = Task { try await engine.containers(matching: ObjectFilter()) }
            #expect(await seen.next() == "asked")
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(await seen.next() == "closed")
            _ = try await engine.version()
        }
    }

    @Test func aCancelledStreamFreesItsConnection() async throws {
        let seen = Mailbox()
        try await withStub { connection in
            while let request = try await connection.request() {
                try await connection.send(
                    request.line.contains("_ping") ? Stub.ping(api: "1.44") : Stub.multiplexedHead)
                if request.line.contains("/logs") { try await connection.send(Stub.chunk(Stub.frame("one\n"))) }
            }
            seen.post("closed")
        } _: { (engine, _) async throws in
            let reading = Task {
                try await engine.withLogs(of: "c1", LogOptions(follow: true)) { output in
                    for try await _ in output { seen.post("read") }
                }
            }
            #expect(await seen.next() == "read")
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            #expect(await seen.next() == "closed")
        }
    }

    @Test func leavingAStreamEarlyClosesIt() async throws {
        let seen = Mailbox()
        try await withStub { connection in
            while let request = try await connection.request() {
                try await connection.send(request.line.contains("_ping") ? Stub.ping() : Stub.chunkedHead)
                if request.line.contains("/events") { try await connection.send(Stub.chunk("{}")) }
            }
            seen.post("closed")
        } _: { (engine, _) async throws in
            try await engine.withEvents(matching: EventFilter(), since: nil) { events in
                for try await _ in events { break }
            }
            #expect(await seen.next() == "closed")
        }
    }

    @Test func aTaskThatIsCancelledAlreadyAsksNothing() async throws {
        try await withStub { connection in
            try await connection.serve { _ in Stub.json("[]") }
        } _: { (engine, _) async throws in
            let go = Mailbox()
            let call = Task {
                _ = await go.next()
                return try await engine.containers(matching: ObjectFilter())
            }
            call.cancel()
            go.post("go")
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }

    @Test func whoeverFirstAskedForTheVersionMayLeave() async throws {
        let (asked, go) = (Mailbox(), Mailbox())
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") {
                    asked.post("asked")
                    _ = await go.next()
                    try await connection.send(Stub.ping())
                } else {
                    try await connection.send(Stub.json("[]"))
                }
            }
        } _: { (engine, server) async throws in
            let first = Task { try await engine.containers(matching: ObjectFilter()) }
            #expect(await asked.next() == "asked")
            let second = Task { try await engine.containers(matching: ObjectFilter()) }
            // The second call must wait for the answer before the first one leaves; the deadline of the suite bounds this.
            for _ in 0..<100 { await Task.yield() }
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            go.post("go")
            go.post("go")
            let containers = try await second.value
            #expect(containers.isEmpty)
        }
    }
}
