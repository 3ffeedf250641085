import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct UploadTests {
    private struct BrokenSource: Error {}

    private func context(pieces: Int, of size: Int, failing: Bool = false) -> EngineStream<[UInt8]> {
        let given = Counter()
        return EngineStream {
            if given.value == pieces {
                if failing { throw BrokenSource() }
                return nil
            }
            given.add(1)
            return [UInt8](repeating: UInt8(given.value & 255), count: size)
        }
    }

    @Test func aContextIsStreamedAndTheAnswerRead() async throws {
        try await withStub { connection in
            try await connection.serve { request in
                #expect(request.line == "POST /v1.41/build?t=web%3A1 HTTP/1.1")
                #expect(request.headers.contains("transfer-encoding: chunked"))
                try await connection.send(Stub.chunkedHead)
                try await connection.send(Stub.chunk(#"{"stream":"\#(request.body.count)"}"# + "\r\n"))
                return Stub.lastChunk
            }
        } _: { (engine, _) async throws in
            let lines = try await engine.withBuild(
                context: context(pieces: 100, of: 100_000), parameters: [BuildParameter("t", "web:1")]
            ) { lines in
                try await lines.reduce(into: []) { $0.append(String(decoding: $1, as: UTF8.self)) }
            }
            #expect(lines == [#"{"stream":"10000000"}"#])
        }
    }

    @Test func anEarlyRefusalEndsTheUpload() async throws {
        try await withStub { connection in
            while let bytes = try await connection.bytes() {
                let text = String(decoding: bytes.prefix(20), as: UTF8.self)
                if text.hasPrefix("GET /_ping") { try await connection.send(Stub.ping()) }
                if text.hasPrefix("POST") {
                    try await connection.send(Stub.json(#"{"message":"bad name"}"#, status: "400 Bad Request"))
                }
            }
        } _: { (engine, _) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.withBuild(context: context(pieces: .max, of: 1000), parameters: []) { _ in }
            }
            #expect(error?.message == "bad name")
        }
    }

    @Test func aContextThatBreaksOffIsTheCallersError() async throws {
        let seen = Mailbox()
        try await withStub { connection in
            // It ends with an error where something was not read yet.
            try? await connection.serve { _ in
                seen.post("whole")
                return Stub.json("{}")
            }
            seen.post("closed")
        } _: { (engine, _) async throws in
            await #expect(throws: BrokenSource.self) {
                try await engine.withBuild(context: context(pieces: 3, of: 10, failing: true), parameters: []) {
                    lines in
                    for try await _ in lines {}
                }
            }
            #expect(await seen.next() == "closed", "the engine must not take a part for the whole")
        }
    }

    @Test func anArchiveIsSentAsItIs() async throws {
        let tar = [UInt8](repeating: 9, count: 3_000_000)
        try await withStub { connection in
            try await connection.serve { request in
                #expect(request.line == "PUT /v1.41/containers/c1/archive?path=%2Frun%2Fsecrets HTTP/1.1")
                #expect(request.headers.contains("Content-Type: application/x-tar"))
                #expect(request.body == tar)
                return Stub.json("")
            }
        } _: { (engine, _) async throws in
            try await engine.uploadArchive(tar, to: "c1", directory: "/run/secrets")
        }
    }

    @Test func furtherNetworksAreConnectedAndAFailureUndoesTheContainer() async throws {
        let lines = Mailbox()
        try await withStub { connection in
            try await connection.serve { request in
                lines.post(String(request.line.dropLast(" HTTP/1.1".count)))
                if request.line.contains("/create") { return Stub.json(#"{"Id":"c1"}"#, status: "201 Created") }
                if request.line.contains("/bad/") {
                    return Stub.json(#"{"message":"no such network"}"#, status: "404 No")
                }
                return Stub.empty("204 No Content")
            }
        } _: { (engine, _) async throws in
            var spec = ContainerSpec(image: "web")
            spec.networks = [
                NetworkAttachment(network: "front"), NetworkAttachment(network: "back"),
                NetworkAttachment(network: "bad"),
            ]
            let error = await #expect(throws: EngineError.self) {
                try await engine.createContainer(spec, name: "web-1")
            }
            #expect(error?.code == .notFound)
            var seen: [String] = []
            for _ in 0..<4 { seen.append(await lines.next() ?? "") }
            #expect(
                seen == [
                    "POST /v1.41/containers/create?name=web-1", "POST /v1.41/networks/back/connect",
                    "POST /v1.41/networks/bad/connect", "DELETE /v1.41/containers/c1?force=1&v=1",
                ])
        }
    }

    @Test func theEnginesWarningsArePassedOn() async throws {
        let warnings = Mailbox()
        var configuration = DockerEngine.Configuration()
        configuration.onWarning = { warnings.post("\($0): \($1)") }
        try await withStub(configuration: configuration) { connection in
            try await connection.serve { _ in
                Stub.json(#"{"Id":"c1","Warnings":["weight discarded"]}"#, status: "201 Created")
            }
        } _: { (engine, _) async throws in
            _ = try await engine.createContainer(ContainerSpec(image: "web"), name: "web-1")
            #expect(await warnings.next() == "web-1: weight discarded")
        }
    }
}
