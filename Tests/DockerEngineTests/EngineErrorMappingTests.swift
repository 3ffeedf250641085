import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct EngineErrorMappingTests {
    private func failure(_ answer: String) async throws -> EngineError? {
        try await withStub { connection in
            try await connection.serve { _ in answer }
        } _: { (engine, server) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.removeContainer("c1", force: true, anonymousVolumes: true)
            }
            _ = try await engine.ping()
            #expect(server.connections == 1, "an answered error leaves the connection in use")
            return error
        }
    }

    @Test(arguments: [
        ("400 Bad Request", EngineError.Code.invalidRequest), ("401 Unauthorized", .unauthorized),
        ("403 Forbidden", .unauthorized), ("404 Not Found", .notFound), ("406 Not Acceptable", .invalidRequest),
        ("409 Conflict", .conflict), ("500 Internal Server Error", .serverFailure), ("503 Unavailable", .serverFailure),
        ("301 Moved Permanently", .invalidResponse),
    ])
    func statusesHaveCodes(status: String, code: EngineError.Code) async throws {
        let error = try await failure(Stub.json(#"{"message":"the reason"}"#, status: status))
        #expect(error?.code == code)
        #expect(error?.status == Int(status.prefix(3)))
        #expect(error?.description == "the reason (DELETE /containers/c1: \(status.prefix(3)))")
    }

    @Test func podmansShapeIsReadToo() async throws {
        let error = try await failure(
            Stub.json(#"{"cause":"x","message":"no such container","response":404}"#, status: "404 Not Found"))
        #expect(error?.message == "no such container")
    }

    @Test func bareTextIsTheMessage() async throws {
        #expect(try await failure(Stub.json(" page not found\n", status: "404 Not Found"))?.message == "page not found")
        #expect(
            try await failure(Stub.json("", status: "500 Oops"))?.message == "the engine gave no reason")
    }

    @Test func anAmbiguousNameIsAConflict() async throws {
        let text = #"{"message":"network x is ambiguous (2 matches found on name)"}"#
        #expect(try await failure(Stub.json(text, status: "400 Bad Request"))?.code == .conflict)
    }

    @Test func aVersionThatIsRefusedIsUnsupported() async throws {
        let text = #"{"message":"client version 1.48 is too old. Minimum supported API version is 1.50"}"#
        #expect(try await failure(Stub.json(text, status: "400 Bad Request"))?.code == .unsupported)
    }

    @Test func startingWhatRunsIsSuccess() async throws {
        try await withStub { connection in
            try await connection.serve { _ in Stub.empty("304 Not Modified") }
        } _: { (engine, server) async throws in
            try await engine.startContainer("c1")
            try await engine.stopContainer("c1", timeout: .seconds(1))
            #expect(server.connections == 1)
        }
    }
}
