import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct NegotiatorTests {
    private func version(against api: String) async throws -> String {
        let lines = Mailbox()
        return try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") {
                    try await connection.send(Stub.ping(api: api))
                } else {
                    lines.post(request.line)
                    try await connection.send(Stub.json("[]"))
                }
            }
        } _: { (engine, _) async throws in
            _ = try await engine.containers(matching: ObjectFilter())
            let line = try #require(await lines.next())
            return String(line.split(separator: "/")[1])
        }
    }

    @Test(arguments: [("1.41", "v1.41"), ("1.43", "v1.43"), ("1.49", "v1.49"), ("1.99", "v1.49"), ("2.0", "v1.49")])
    func theNewestCommonVersionIsUsed(theirs: String, used: String) async throws {
        #expect(try await version(against: theirs) == used)
    }

    @Test func anEngineThatIsTooOldIsRefused() async throws {
        let error = await #expect(throws: EngineError.self) { try await version(against: "1.40") }
        #expect(error?.code == .unsupported)
        #expect(
            error?.description
                == "the engine is too old: it speaks API 1.40, and 1.41 is needed (Docker 20.10 or newer) (GET /_ping)")
    }

    @Test func somethingElseIsNoEngine() async throws {
        try await withStub { connection in
            while try await connection.request() != nil { try await connection.send(Stub.json("{}")) }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) { try await engine.info() }
            #expect(error?.code == .invalidResponse)
        }
    }

    @Test func manyFirstCallsAskOnce() async throws {
        let pings = Mailbox()
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") {
                    pings.post("ping")
                    try await connection.send(Stub.ping())
                } else {
                    try await connection.send(Stub.json("[]"))
                }
            }
        } _: { (engine, _) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try await engine.containers(matching: ObjectFilter()) } }
                try await group.waitForAll()
            }
            pings.post("end")
            #expect(await pings.next() == "ping")
            #expect(await pings.next() == "end")
        }
    }

    @Test func aFailureIsNotRemembered() async throws {
        let attempts = Mailbox()
        attempts.post("fail")
        attempts.post("answer")
        try await withStub { connection in
            guard try await connection.request() != nil, await attempts.next() == "answer" else { return }
            try await connection.send(Stub.ping())
            try await connection.serve { _ in Stub.json("[]") }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.containers(matching: ObjectFilter())
            }
            #expect(error?.code == .disconnected)
            #expect(try await engine.containers(matching: ObjectFilter()).isEmpty)
        }
    }
}
