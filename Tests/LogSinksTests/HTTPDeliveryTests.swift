import EngineAPI
import FoundationEssentials
import NIOHTTP1
import SinkAPI
import Synchronization
import Testing

@testable import LogSinks

/// What all sinks over HTTP have from one place.
@Suite(.timeLimit(.minutes(5))) struct HTTPDeliveryTests {
    typealias Response = HTTPTestServer.Response

    /// Runs `body` with a webhook's sink for a server that answers as `answer` says.
    private func withSink(
        _ settings: [String: String] = [:], tls: Bool = false,
        answer: @escaping @Sendable (HTTPTestServer.Request) -> Response,
        _ body: (any Sink) async throws -> Void
    ) async throws {
        let server = HTTPTestServer(tls: tls ? try TestCertificate.server() : nil, answer)
        try await server.start()
        let url = "\(tls ? "https" : "http")://127.0.0.1:\(server.port)/in"
        let sink = try SinkCatalog.make(SinkLocation(parsing: url, settings: settings))
        do { try await body(sink) } catch { Issue.record(error) }
        await sink.shutDown()
        try await server.stop()
    }

    @Test(arguments: [
        (200, ResponseClass.taken), (204, .taken), (400, .refused), (413, .refused), (422, .refused),
        (401, .misconfigured),
        (403, .misconfigured), (404, .misconfigured), (405, .misconfigured), (303, .misconfigured),
        (408, .unavailable(retryAfter: nil)), (425, .unavailable(retryAfter: nil)),
        (429, .unavailable(retryAfter: nil)),
        (500, .unavailable(retryAfter: nil)), (503, .unavailable(retryAfter: nil)),
        (599, .unavailable(retryAfter: nil)),
    ])
    func aStatusHasOneMeaning(_ status: Int, _ expected: ResponseClass) {
        #expect(ResponseClass(status: status, headers: [:], now: EngineTime(nanoseconds: 0)) == expected)
    }

    @Test(arguments: [
        ("120", Duration.seconds(120)), ("0", .zero), ("-5", .zero), ("999999", .seconds(3600)),
        ("Wed, 21 Oct 2026 07:28:30 GMT", .seconds(30)), ("Wed, 21 Oct 2026 07:27:00 GMT", .zero), ("soon", nil),
        ("", nil),
    ])
    func retryAfterIsSecondsOrADate(_ header: String, _ expected: Duration?) throws {
        let now = try #require(EngineTime("2026-10-21T07:28:00Z"))
        #expect(ResponseClass.wait(header, now: now) == expected)
    }

    @Test func redirectsAreFollowedOnTheSameHostOnly() async throws {
        let paths = Mutex<[String]>([])
        let answer: @Sendable (HTTPTestServer.Request) -> Response = { request in
            paths.withLock { $0.append("\(request.method) \(request.path) \(request.body.isEmpty)") }
            return request.path == "/in" ? Response(308, headers: ["Location": "/moved"]) : Response(200)
        }
        try await withSink(answer: answer) { sink in _ = try await sink.deliver(Sample.batch(1...2)) }
        #expect(paths.withLock { $0 } == ["POST /in false", "POST /moved false"])
        for target in [
            "http://127.0.0.1.example.org/in", "//example.org/in", "http://example.org/", "ftp://127.0.0.1/",
        ] {
            try await withSink(answer: { _ in Response(307, headers: ["Location": target]) }) { sink in
                guard case .misconfigured(let text) = await failure({ try await sink.deliver(Sample.batch(1...1)) })
                else {
                    Issue.record("\(target) is followed")
                    return
                }
                #expect(text.contains("not the same host"))
            }
        }
        try await withSink(answer: { _ in Response(301, headers: ["Location": "/in"]) }) { sink in
            let failure = await failure { try await sink.deliver(Sample.batch(1...1)) }
            #expect(failure?.description.hasSuffix("redirects in a circle") == true)
        }
    }

    @Test func certificatesAreVerified() async throws {
        let taken: @Sendable (HTTPTestServer.Request) -> Response = { _ in Response(200) }
        try await withSink(tls: true, answer: taken) { sink in
            guard case .misconfigured(let text) = await failure({ try await sink.deliver(Sample.batch(1...1)) })
            else {
                Issue.record("an unknown certificate is trusted")
                return
            }
            #expect(text.contains("certificate that cannot be trusted"))
        }
        try await TestCertificate.withAuthority { path in
            try await withSink(["ca": path], tls: true, answer: taken) { sink in
                try await deliver(Sample.batch(1...1), to: sink)
                let steps = Mutex<[String]>([])
                try await sink.check { step in steps.withLock { $0.append(step) } }
                #expect(steps.withLock { $0[1].hasSuffix("over TLS, its certificate is good") })
            }
        }
        try await withSink(["insecure": "true"], tls: true, answer: taken) { sink in
            try await deliver(Sample.batch(1...1), to: sink)
            let steps = Mutex<[String]>([])
            try await sink.check { step in steps.withLock { $0.append(step) } }
            #expect(steps.withLock { $0[1].hasSuffix("over TLS, UNVERIFIED") })
        }
    }

    @Test func aRequestCarriesWhatTheSettingsSay() async throws {
        let requests = Mutex<[HTTPTestServer.Request]>([])
        let file = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try Data("from-a-file\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let settings = ["header.X-Team": "blue", "token_file": file.path, "secret": "key", "compression": "none"]
        try await withSink(
            settings,
            answer: { request in
                requests.withLock { $0.append(request) }
                return Response(200)
            }
        ) { sink in
            _ = try await sink.deliver(Sample.batch(3...4))
            try Data("renewed".utf8).write(to: file)
            _ = try await sink.deliver(Sample.batch(5...5))
        }
        let received = requests.withLock { $0 }
        #expect(received.map { $0.headers["Authorization"] } == [["Bearer from-a-file"], ["Bearer renewed"]])
        let first = try #require(received.first)
        #expect(first.headers["X-Team"] == ["blue"] && first.headers["Idempotency-Key"] == ["5f3c9a1e-3-4"])
        #expect(first.headers["X-Gantry-Signature"].first?.count == "sha256=".count + 64)
        #expect(first.body.ndjson?.count == 2)
    }

    @Test func parametersAndHeadersOfPeopleGoAlong() async throws {
        let requests = Mutex<[HTTPTestServer.Request]>([])
        let answer: @Sendable (HTTPTestServer.Request) -> Response = { request in
            requests.withLock { $0.append(request) }
            return Response(200)
        }
        let settings = ["query._msg_field": "mess age", "query.a": "&=", "header.Content-Type": "application/json"]
        try await withSink(settings, answer: answer) { sink in _ = try await sink.deliver(Sample.batch(1...1)) }
        let request = try #require(requests.withLock { $0.first })
        #expect(request.query == "_msg_field=mess%20age&a=%26%3D", "\(request)")
        #expect(request.headers["Content-Type"] == ["application/json"])
    }

    /// Fluent Bit's `http` input: 400 for a form that it does not know.
    @Test func aFormThatIsNotTakenLosesNothing() async throws {
        try await withSink(answer: { _ in Response(400, "error: invalid 'Content-Type'\n") }) { sink in
            guard case .misconfigured = await failure({ try await sink.deliver(Sample.batch(1...2)) }) else {
                Issue.record("all records would be dead letters")
                return
            }
        }
    }

    @Test(arguments: [
        (200, true), (204, true), (400, true), (403, true), (405, true), (501, true), (401, false), (503, false),
    ])
    func anEndpointThatKnowsOnlyPostIsThere(status: Int, isThere: Bool) async throws {
        try await withSink(answer: { _ in Response(status) }) { sink in
            let failure: (any Error)?
            do {
                try await sink.check { _ in }
                failure = nil
            } catch { failure = error }
            #expect((failure == nil) == isThere, "\(status): \(String(describing: failure))")
        }
    }

    @Test func aReceiverThatDoesNotReadHoldsTheCall() async throws {
        let bytes = Mutex(0)
        let server = HTTPTestServer { request in
            bytes.withLock { $0 += request.body.count }
            return Response(200)
        }
        try await server.start()
        let url = "http://127.0.0.1:\(server.port)?compression=none"
        let sink = try SinkCatalog.make(SinkLocation(parsing: url))
        // More than the sockets' buffers take in.
        let batch = Sample.batch(lines: Array(repeating: Array(repeating: 0x78, count: 1 << 20), count: 16))
        server.fail(amidBody: .reset, .stall)
        #expect(await failure { try await sink.deliver(batch) }?.isUnavailable == true)
        let isDone = Mutex(false)
        async let delivery: Void = {
            try await deliver(batch, to: sink)
            isDone.withLock { $0 = true }
        }()
        try await eventually { server.held == 1 }
        #expect(!isDone.withLock { $0 } && bytes.withLock { $0 } == 0)
        server.release()
        try await delivery
        #expect(bytes.withLock { $0 } > 16 << 20)
        await sink.shutDown()
        try await server.stop()
    }

    @Test func aTokenFromAFileIsInNoFailure() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try Data(SinkUnderTest.password.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let echo: @Sendable (HTTPTestServer.Request) -> Response = { request in
            Response(401, "who is \(request.headers["Authorization"])?")
        }
        try await withSink(["token_file": file.path], answer: echo) { sink in
            let reason = await failure { try await sink.deliver(Sample.batch(1...1)) }?.description ?? ""
            #expect(reason.contains("who is") && !reason.contains(SinkUnderTest.password))
        }
    }

    @Test func aReceiverThatDoesNotAnswerIsGivenUp() async throws {
        let server = HTTPTestServer { _ in Response(200) }
        try await server.start()
        server.fail([.hold])
        let location = try SinkLocation(parsing: "http://127.0.0.1:\(server.port)", settings: ["timeout": "50ms"])
        let sink = try SinkCatalog.make(location)
        #expect(await failure { try await sink.deliver(Sample.batch(1...1)) }?.isUnavailable == true)
        await sink.shutDown()
        try await server.stop()
    }

    @Test func anAnswersTextIsShortAndPlain() async throws {
        let text = "first\u{1B}[31m\r\n\u{202E}second \u{0} " + String(repeating: "long ", count: 200)
        try await withSink(answer: { _ in Response(422, text) }) { sink in
            let reason = try #require(await failure { try await sink.deliver(Sample.batch(1...1)) }?.description)
            #expect(reason.contains("answers 422 (Unprocessable Entity): first [31m second long long"))
            #expect(reason.utf8.count < 500 && reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1?token=a&token_file=b", "exclude each other"), ("http://u:p@127.0.0.1?token=a", "exclude"),
        ("http://127.0.0.1?cert=a", "\"cert\" and \"key\""), ("http://127.0.0.1?ca=/no/such/file", "cannot be read"),
        ("http://127.0.0.1?header.A%20B=c", "no header"), ("http://127.0.0.1?header.A=b%0Ac", "no header"),
        ("http:///path", "names no host"), ("http://127.0.0.1?timeout=never", "\"never\" as \"timeout\""),
        ("http://127.0.0.1?compresion=none", "did you mean \"compression\"?"), ("loki://127.0.0.1", "loki+http://"),
        ("lokki+http://127.0.0.1", "did you mean \"loki\"?"), ("loki+http://h?stream_labels=time", "\"time\" as"),
        ("loki+http://h?labels.a-b=c", "letters, digits"), ("elasticsearch+http://h?index=Big", "small letters"),
        ("elasticsearch+http://h?index=%7Bteam%7D", "{project}"), ("s3+http://h", "no bucket"),
        ("http://h?fields=time,massage", "\"massage\" as \"fields\""), ("http://h?rename.uid=time", "no other field"),
    ])
    func wrongSettingsAreRefusedInWords(_ url: String, _ expected: String) throws {
        let error = #expect(throws: SinkConfigurationError.self) {
            _ = try SinkCatalog.make(SinkLocation(parsing: url))
        }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "none")")
    }
}
