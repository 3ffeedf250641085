import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct DeadlineTests {
    /// Short, and yet long enough for a stub on a busy machine to answer in.
    private var impatient: DockerEngine.Configuration {
        var configuration = DockerEngine.Configuration()
        configuration.callTimeout = .seconds(10)
        return configuration
    }

    @Test func anEngineThatDoesNotAnswerTimesOut() async throws {
        let seen = Mailbox()
        try await withStub(configuration: impatient) { connection in
            while let request = try? await connection.request() {
                if request.line.contains("_ping") {
                    try await connection.send(Stub.ping())
                } else if request.line.contains("/info") {
                    try await connection.send(Stub.json("{}"))
                }
            }
            seen.post("closed")
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.killContainer("c1", signal: "SIGHUP")
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("within 10 s") == true)
            #expect(await seen.next() == "closed")
            let info = try await engine.info()
            #expect(info.name.isEmpty)
        }
    }

    @Test func theWholeAnswerOfACallIsBounded() async throws {
        try await withStub(configuration: impatient) { connection in
            try await connection.serve { _ in "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[" }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.containers(matching: ObjectFilter())
            }
            #expect(error?.code == .timedOut)
        }
    }

    @Test func aStreamIsBoundedOnlyUntilItBegins() async throws {
        let go = Mailbox()
        try await withStub(configuration: impatient) { connection in
            try await connection.serve { request in
                guard request.line.contains("/events") else { return "" }
                try await connection.send(Stub.chunkedHead)
                _ = await go.next()
                try await connection.send(Stub.chunk(#"{"Type":"container","Action":"die"}"#))
                return Stub.lastChunk
            }
        } _: { (engine, _) async throws in
            let actions = try await engine.withEvents(matching: EventFilter(), since: nil) { events in
                // A call that takes the whole limit to fail shows that the limit has passed for the stream too.
                await #expect(throws: EngineError.self) { try await engine.containers(matching: ObjectFilter()) }
                go.post("go")
                var actions: [String] = []
                for try await event in events { actions.append(event.action) }
                return actions
            }
            #expect(actions == ["die"])
        }
    }

    @Test func stoppingMayTakeTheGracePeriodAndMore() async throws {
        var configuration = DockerEngine.Configuration()
        configuration.stopMargin = .milliseconds(20)
        try await withStub(configuration: configuration) { connection in
            try await connection.serve { request in
                #expect(request.line == "POST /v1.41/containers/c1/stop?t=1 HTTP/1.1")
                return ""
            }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.stopContainer("c1", timeout: .milliseconds(100))
            }
            #expect(error?.message.contains("within 0.12 s") == true)
        }
    }

    @Test(arguments: [(grace: 300, isStopped: true), (grace: 0, isStopped: false)])
    func theContainersOwnGracePeriodCounts(grace: Int, isStopped: Bool) async throws {
        var configuration = DockerEngine.Configuration()
        configuration.engineGracePeriod = .milliseconds(20)
        configuration.stopMargin = .milliseconds(20)
        let asked = Mailbox()
        try await withStub(configuration: configuration) { connection in
            try await connection.serve { request in
                if request.line.hasPrefix("GET") {
                    asked.post("asked")
                    return Stub.json(#"{"Id":"c1","Config":{"StopTimeout":\#(grace)}}"#)
                }
                #expect(request.line == "POST /v1.41/containers/c1/stop HTTP/1.1")
                _ = await asked.next()
                return isStopped ? Stub.empty("304 Not Modified") : ""
            }
        } _: { (engine, _) async throws in
            if isStopped { return try await engine.stopContainer("c1", timeout: nil) }
            let error = await #expect(throws: EngineError.self) { try await engine.stopContainer("c1", timeout: nil) }
            #expect(error?.code == .timedOut)
        }
    }
}
