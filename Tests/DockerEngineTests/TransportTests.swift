import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TransportTests {
    @Test(arguments: StubTransport.allCases)
    func callsShareOneConnection(transport: StubTransport) async throws {
        try await withStub(transport) { connection in
            try await connection.serve { _ in Stub.json("[]") }
        } _: { (engine, server) async throws in
            for _ in 0..<5 { #expect(try await engine.containers(matching: ObjectFilter()).isEmpty) }
            #expect(try await engine.ping().apiVersion == APIVersion(1, 41))
            #expect(server.connections == 1)
        }
    }

    /// There everything waits in turn on one thread, so that any wait which held it would never end.
    @Test func callsMayBeMadeWhereTheConnectionsAreServed() async throws {
        try await withStub { connection in
            try await connection.serve { _ in Stub.json("[]") }
        } _: { (engine, _) async throws in
            try await withTaskExecutorPreference(engine.executor) {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<5 {
                        group.addTask { try await engine.containers(matching: ObjectFilter()).count }
                    }
                    for try await count in group { #expect(count == 0) }
                }
                await #expect(throws: CancellationError.self) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.cancelAll()
                        group.addTask { _ = try await engine.containers(matching: ObjectFilter()) }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    @Test func anAnswerMayArriveInAnyPieces() async throws {
        let answer = Stub.chunkedHead.utf8 + Stub.chunk(#"[{"Id":"#) + Stub.chunk(#""c1"}]"#) + Stub.lastChunk.utf8
        try await withStub { connection in
            try await connection.serve { _ in
                for byte in answer { try await connection.send([byte]) }
                return ""
            }
        } _: { (engine, server) async throws in
            for _ in 0..<2 { #expect(try await engine.containers(matching: ObjectFilter()).map(\.id) == ["c1"]) }
            #expect(server.connections == 1)
        }
    }

    @Test func theEngineMayCloseAfterEachAnswer() async throws {
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") {
                    try await connection.send(Stub.ping())
                } else {
                    try await connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[]")
                    return
                }
            }
        } _: { (engine, server) async throws in
            for _ in 0..<3 { #expect(try await engine.containers(matching: ObjectFilter()).isEmpty) }
            #expect(server.connections == 3)
        }
    }

    // The stub reads the second request on each connection and closes: what a client meets whose kept connection the
    // engine gives up while the request is on its way.
    private static let closesOnSecondRequest: @Sendable (StubConnection) async throws -> Void = { connection in
        guard try await connection.request() != nil else { return }
        try await connection.send(Stub.ping())
        guard let second = try await connection.request() else { return }
        if second.line.contains("/version") { try await connection.send(Stub.json("{}")) }
    }

    @Test func aReadOnAStaleConnectionIsSentOnceMore() async throws {
        let lines = Mailbox()
        try await withStub { connection in
            guard let first = try await connection.request() else { return }
            if first.line.contains("_ping") {
                try await connection.send(Stub.ping())
                guard let second = try await connection.request() else { return }
                lines.post(second.line)
            } else {
                try await connection.send(Stub.json("[]"))
            }
        } _: { (engine, server) async throws in
            #expect(try await engine.containers(matching: ObjectFilter()).isEmpty)
            #expect(await lines.next() == "GET /v1.41/containers/json?all=1 HTTP/1.1")
            #expect(server.connections == 2)
        }
    }

    @Test func aChangeOnAStaleConnectionIsNotRepeated() async throws {
        try await withStub(script: TransportTests.closesOnSecondRequest) { (engine, server) async throws in
            let error = await #expect(throws: EngineError.self) { try await engine.startContainer("c1") }
            #expect(error?.code == .disconnected)
            #expect(error?.isAmbiguous == true)
            #expect(error?.call == "POST /containers/c1/start")
            #expect(server.connections == 1)
        }
    }

    @Test func aReadThatFailsTwiceFails() async throws {
        try await withStub(script: TransportTests.closesOnSecondRequest) { (engine, _) async throws in
            _ = try await engine.ping()
            _ = try await engine.version()
            await #expect(throws: EngineError.self) {
                for _ in 0..<2 { _ = try await engine.info() }
            }
        }
    }

    @Test func anAnswerThatBreaksOffIsNotWhole() async throws {
        try await withStub { connection in
            try await connection.serve { _ in
                try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")
                throw CancellationError()
            }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.containers(matching: ObjectFilter())
            }
            #expect(error?.code == .disconnected)
        }
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 OK\r\n\r\n"])
    func otherProtocolsAreNotUnderstood(answer: String) async throws {
        try await withStub { connection in
            _ = try await connection.request()
            try await connection.send(answer)
            _ = try await connection.request()
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) { try await engine.ping() }
            #expect(error?.code == .invalidResponse)
        }
    }

    @Test func anAnswerOfAnotherShapeIsNotUnderstood() async throws {
        try await withStub { connection in
            try await connection.serve { _ in Stub.json(#"{"Id":7}"#) }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) { try await engine.container("c1") }
            #expect(error?.code == .invalidResponse)
            #expect(error?.status == 200)
        }
    }

    @Test func idleConnectionsAreBounded() async throws {
        var configuration = DockerEngine.Configuration()
        configuration.maximumIdleConnections = 2
        let closed = Mailbox()
        try await withStub(configuration: configuration) { connection in
            try await connection.serve { _ in Stub.json("[]") }
            closed.post("closed")
        } _: { (engine, server) async throws in
            _ = try await engine.ping()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { _ = try await engine.containers(matching: ObjectFilter()) } }
                try await group.waitForAll()
            }
            let made = server.connections
            for _ in 0..<max(0, made - 2) { #expect(await closed.next() == "closed") }
            for _ in 0..<4 { _ = try await engine.containers(matching: ObjectFilter()) }
            #expect(server.connections == made)
        }
    }

    @Test func afterShutdownCallsAreRefused() async throws {
        try await withStub { connection in
            try await connection.serve { _ in Stub.json("[]") }
        } _: { (engine, _) async throws in
            _ = try await engine.ping()
            await engine.shutdown()
            let error = await #expect(throws: EngineError.self) { try await engine.ping() }
            #expect(error?.code == .unreachable)
        }
    }

    @Test func whereNothingListensIsSaid() async throws {
        let engine = DockerEngine(address: .unixSocket("/nonexistent/docker.sock"))
        let error = await #expect(throws: EngineError.self) { try await engine.containers(matching: ObjectFilter()) }
        #expect(error?.code == .unreachable)
        #expect(
            error?.message
                == "cannot connect to the engine at unix:///nonexistent/docker.sock: there is no such socket; is the engine "
                + "running?")
    }
}
