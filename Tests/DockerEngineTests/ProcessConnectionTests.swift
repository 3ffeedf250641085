import DockerEngine
import EngineAPI
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ProcessConnectionTests {
    private static let accepted200 = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"

    private func text(_ frames: [OutputFrame]) -> String {
        String(decoding: frames.flatMap(\.bytes), as: UTF8.self)
    }

    @Test(arguments: [Stub.upgrade, ProcessConnectionTests.accepted200])
    func outputStillArrivesAfterTheInputHasEnded(answer: String) async throws {
        try await withStub { connection in
            _ = try await connection.request()
            try await connection.send(Stub.ping())
            guard let request = try await connection.request() else { return }
            #expect(request.line == "POST /v1.41/exec/e1/start HTTP/1.1")
            #expect(request.bodyText == #"{"Detach":false,"Tty":false}"#)
            #expect(request.headers.contains("Upgrade: tcp"))
            // The first output comes together with the head.
            try await connection.send(Array(answer.utf8) + Stub.frame("ready\n"))
            var input: [UInt8] = []
            while let bytes = try await connection.bytes() { input += bytes }
            try await connection.send(Stub.frame(input, stream: 2))
        } _: { (engine, _) async throws in
            let frames = try await engine.withExec("e1", terminal: false) { process in
                try await process.send(Array("some ".utf8))
                try await process.send(Array("input".utf8))
                try await process.finishInput()
                return try await process.output.reduce(into: []) { $0 += $1 }
            }
            #expect(frames.map(\.stream) == [.stdout, .stderr])
            #expect(text(frames) == "ready\nsome input")
        }
    }

    @Test func aTerminalsOutputIsBare() async throws {
        try await withStub { connection in
            _ = try await connection.request()
            try await connection.send(Stub.ping())
            _ = try await connection.request()
            try await connection.send(Stub.upgrade + "HTTP/1.1 200 OK\r\n\r\n")
        } _: { (engine, _) async throws in
            let frames = try await engine.withExec("e1", terminal: true) { process in
                try await process.output.reduce(into: []) { $0 += $1 }
            }
            #expect(text(frames) == "HTTP/1.1 200 OK\r\n\r\n", "what follows a takeover is not HTTP")
        }
    }

    @Test func anAttachmentAsksForItsStreams() async throws {
        try await withStub { connection in
            while let request = try await connection.request() {
                if request.line.contains("_ping") {
                    try await connection.send(Stub.ping(api: "1.44"))
                } else {
                    #expect(
                        request.line == "POST /v1.44/containers/c1/attach?stream=1&stdout=1&stderr=1&stdin=1 HTTP/1.1")
                    try await connection.send(Array(Stub.upgrade.utf8) + Stub.frame("hello"))
                    return
                }
            }
        } _: { (engine, _) async throws in
            let frames = try await engine.withAttachment(to: "c1", input: true) { process in
                try await process.output.reduce(into: []) { $0 += $1 }
            }
            #expect(text(frames) == "hello")
        }
    }

    @Test func aRefusalIsAnError() async throws {
        try await withStub { connection in
            try await connection.serve { _ in Stub.json(#"{"message":"is not running"}"#, status: "409 Conflict") }
        } _: { (engine, server) async throws in
            let error = await #expect(throws: EngineError.self) {
                try await engine.withExec("e1", terminal: false) { _ in }
            }
            #expect(error?.code == .conflict)
            _ = try await engine.ping()
            #expect(server.connections == 1)
        }
    }

    @Test func aProcessThatDoesNotReadHoldsTheWriterBack() async throws {
        let (taken, seen) = (Counter(), Mailbox())
        let go = Mailbox()
        try await withStub { connection in
            _ = try await connection.request()
            try await connection.send(Stub.ping())
            _ = try await connection.request()
            try await connection.send(Stub.upgrade)
            _ = await go.next()
            var total = 0
            while let bytes = try await connection.bytes() { total += bytes.count }
            seen.post("\(total)")
        } _: { (engine, _) async throws in
            try await engine.withExec("e1", terminal: false) { process in
                let piece = [UInt8](repeating: 1, count: 64 << 10)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for _ in 0..<512 {
                            try await process.send(piece)
                            taken.add(piece.count)
                        }
                        try await process.finishInput()
                    }
                    for _ in 0..<100 { await Task.yield() }
                    // Socket buffers and the stub's own few reads; the writer has 32 MiB.
                    #expect(taken.value <= 4 << 20)
                    go.post("go")
                    try await group.waitForAll()
                }
                #expect(await seen.next() == "\(32 << 20)")
            }
        }
    }

    @Test func aCancelledSenderIsFreed() async throws {
        let started = Mailbox()
        try await withStub { connection in
            _ = try await connection.request()
            try await connection.send(Stub.ping())
            _ = try await connection.request()
            try await connection.send(Stub.upgrade)
            _ = await started.next()
        } _: { (engine, _) async throws in
            let sending = Task {
                try await engine.withExec("e1", terminal: false) { process in
                    for index in 0..<10_000 {
                        try await process.send([UInt8](repeating: 1, count: 64 << 10))
                        if index == 0 { withUnsafeCurrentTask { $0?.cancel() } }
                    }
                }
            }
            await #expect(throws: CancellationError.self) { try await sending.value }
            started.post("end")
        }
    }
}
