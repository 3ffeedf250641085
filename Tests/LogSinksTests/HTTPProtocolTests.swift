import EngineAPI
import NIOHTTP1
import SinkAPI
import Testing

@testable import LogSinks

/// What single protocols over HTTP have that others have not.
@Suite(.timeLimit(.minutes(5))) struct HTTPProtocolTests {
    /// Runs `body` with a sink for a receiver's URL.
    private func with(
        _ receiver: HTTPDouble, _ url: (Int) -> String, _ settings: [String: String] = [:],
        _ body: (any Sink) async throws -> Void
    ) async throws {
        let sink = try SinkCatalog.make(SinkLocation(parsing: url(receiver.port), settings: settings))
        do { try await body(sink) } catch { Issue.record(error, "\(receiver.complaints)") }
        await sink.shutDown()
        try await receiver.stop()
    }

    @Test func lokiNamesWhatIsTooOldAndKeepsTheRest() async throws {
        let receiver = try await LokiDouble.make(authorization: nil)
        try await with(receiver, { "loki+http://127.0.0.1:\($0)" }, ["tenant": "tenant-1"]) { sink in
            var records = Sample.batch(1...9).records
            for index in [2, 5] {
                let record = records[index]
                records[index] = LogRecord(
                    source: record.source, stream: record.stream,
                    time: EngineTime(nanoseconds: 1_700_000_000_000_000_000),
                    line: record.line, sequence: record.sequence, level: record.level)
            }
            let refused = try await sink.deliver(RecordBatch(epoch: "5f3c9a1e", records: records, range: 1...9))
            #expect(Set(refused.keys) == [3, 6] && refused[3]?.contains("too old") == true)
            #expect(receiver.received.count == 7)
        }
    }

    @Test func lokiLinesAreDividedBetweenCharacters() {
        var form = LokiForm()
        form.longestLine = 1024
        let line = Array(String(repeating: "é", count: 1000).utf8)
        let batch = Sample.batch(lines: [line])
        let push = ProtobufReader.snappy(LokiPush(batch, form: form, isJSON: false).body).flatMap {
            ProtobufReader.fields($0)
        }
        let entries = push?.bytes(1).first.flatMap { ProtobufReader.fields($0) }?.bytes(2).compactMap {
            ProtobufReader.fields($0)
        }
        let texts = entries?.map { $0.text(2) ?? "cut" } ?? []
        #expect(texts.count == 2 && texts.joined().utf8.elementsEqual(line) && texts[0].utf8.count == 1024)
    }

    @Test func elasticsearchRetriesOnlyTheItemsThatWereBusy() async throws {
        let receiver = try await ElasticsearchDouble.make(authorization: nil, index: "logs-gantry-default")
        try await with(receiver, { "elasticsearch+http://127.0.0.1:\($0)" }) { sink in
            let batch = Sample.batch(1...6) { number in
                switch number {
                case 2, 5: ElasticsearchDouble.busyMark
                case 4: SinkUnderTest.refusedMark
                default: "line"
                }
            }
            let refused = try await sink.deliver(batch)
            #expect(refused.keys.sorted() == [4] && refused[4]?.contains("document_parsing_exception") == true)
            #expect(receiver.received.map { $0.uid.suffix(1) } == ["1", "3", "6", "2", "5"])
            let allBusy = Sample.batch(7...8) { _ in ElasticsearchDouble.busyMark }
            #expect(await failure { try await sink.deliver(allBusy) }?.isUnavailable == true)
            try await deliver(allBusy, to: sink)
        }
    }

    /// As Fluent Bit and VictoriaLogs do with what they cannot read: 200, and no word of it.
    @Test(arguments: ["", #"{"errors":false,"items":[]}"#, #"{"errors":false,"items":[{"create":{"status":201}}]}"#])
    func bulkAnswersThatTellOfTooFewAreRefusals(answer: String) async throws {
        let receiver = try await HTTPDouble { _, _ in .init(200, answer) }
        try await with(receiver, { "elasticsearch+http://127.0.0.1:\($0)/insert/elasticsearch" }) { sink in
            guard case .refused = await failure({ try await sink.deliver(Sample.batch(1...2)) }) else {
                Issue.record("\(answer) is taken for an acknowledgement")
                return
            }
        }
    }

    @Test func bulkAnswersNeedNotListWhatWentWell() async throws {
        let receiver = try await HTTPDouble { _, _ in .init(200, #"{"took":1,"errors":false}"#) }
        try await with(receiver, { "elasticsearch+http://127.0.0.1:\($0)" }) { sink in
            let refused = try await sink.deliver(Sample.batch(1...2))
            #expect(refused.isEmpty)
        }
    }

    /// A Loki whose schema has none would refuse every record.
    @Test func lokiWithoutMetadataLosesNothing() async throws {
        let receiver = try await HTTPDouble { _, _ in
            .init(
                400,
                "stream '{}' includes structured metadata, but this feature is disallowed. Please see "
                    + "`limits_config.allow_structured_metadata`")
        }
        try await with(receiver, { "loki+http://127.0.0.1:\($0)" }) { sink in
            guard case .misconfigured(let text) = await failure({ try await sink.deliver(Sample.batch(1...2)) }) else {
                Issue.record("it is no mistake of the settings")
                return
            }
            #expect(text.contains("an empty \"fields\""))
        }
        let push = ProtobufReader.snappy(
            LokiPush(Sample.batch(1...1), form: LokiForm(metadata: RecordFields([])), isJSON: false).body)
        let stream = push.flatMap { ProtobufReader.fields($0) }?.bytes(1).first.flatMap { ProtobufReader.fields($0) }
        let entry = stream?.bytes(2).first.flatMap { ProtobufReader.fields($0) }
        #expect(entry?.text(2) == "line 1" && entry?.bytes(3).isEmpty == true)
    }

    @Test func gelfOverHTTPIsAnObjectARequestOrALine() async throws {
        for query in ["", "?bulk=true"] {
            let receiver = try await HTTPDouble { request, store in
                guard request.path == "/gelf", request.method == .POST else { return .init(404) }
                let objects = query.isEmpty ? JSONValue.parse(request.body).map { [$0] } : request.body.ndjson
                for object in objects ?? [] {
                    guard let line = object["short_message"]?.bytes, let uid = object["_uid"]?.string else {
                        return .init(400)
                    }
                    if line == Array(SinkUnderTest.refusedMark.utf8) { return .init(400, "no") }
                    store.append(ReceivedRecord(uid: uid, line: line))
                }
                return .init(202)
            }
            try await with(receiver, { "gelf+http://127.0.0.1:\($0)\(query)" }) { sink in
                let batch = Sample.batch(1...4) { $0 == 3 && query.isEmpty ? SinkUnderTest.refusedMark : "line" }
                let refused = try await sink.deliver(batch)
                #expect(refused.keys.sorted() == (query.isEmpty ? [3] : []))
                #expect(receiver.received.count == (query.isEmpty ? 3 : 4))
            }
        }
    }

    @Test func namesAreOfTheRecordsOwnTime() throws {
        let location = try SinkLocation(parsing: "x:y")
        let pattern = try NamePattern("a-{project}-{service}-%Y.%m.%d-%H%%", SinkSettings(location), key: "index")
        let names = [1, 3].map { pattern.name(for: Sample.record($0, []), clean: ElasticsearchSink.cleaned) }
        #expect(names == ["a-shop-web-2026.01.01-00%", "a-none-db-2026.01.01-00%"])
        #expect(ElasticsearchSink.cleaned("Shop/Web ü") == "shop-web--")
    }

    @Test func hecSendsAgainWhenItsChannelIsLost() async throws {
        let receiver = try await HECDouble.make(token: "t", acknowledges: true, forgets: 1)
        try await with(
            receiver, { "hec+http://127.0.0.1:\($0)?token=t&ack=true&ack_interval=1ms" }
        ) { sink in
            #expect(await failure { try await sink.deliver(Sample.batch(1...3)) }?.isUnavailable == true)
            try await deliver(Sample.batch(1...3), to: sink)
            #expect(receiver.received.count == 6 && receiver.received.uniqued.count == 3)
        }
    }

    @Test func hecDoesNotAskForAcknowledgementsForEver() async throws {
        // The server forgets at each question, and with each channel anew.
        let receiver = try await HECDouble.make(token: "t", acknowledges: true)
        try await with(
            receiver, { "hec+http://127.0.0.1:\($0)?token=t&ack=true&ack_interval=1ms&ack_timeout=20ms" }
        ) { sink in
            // Busy for as long as it asks.
            for _ in 0..<1000 { receiver.fail(.busy()) }
            #expect(await failure { try await sink.deliver(Sample.batch(1...1)) }?.isUnavailable == true)
        }
        let deaf = try await HECDouble.make(token: "t")
        try await with(deaf, { "hec+http://127.0.0.1:\($0)?token=t&ack=true" }) { sink in
            guard case .misconfigured(let text) = await failure({ try await sink.deliver(Sample.batch(1...1)) })
            else {
                Issue.record("a token without acknowledgement is taken")
                return
            }
            #expect(text.contains("\"ack\" cannot be true"))
        }
    }

    @Test(arguments: [OTLPSink.Format.protobuf, .json]) func otlpReturnsWhatIsRejectedAltogether(
        _ format: OTLPSink.Format
    ) async throws {
        let receiver = try await OTLPDouble.make(authorization: nil, isJSON: format == .json)
        try await with(receiver, { "otlp+http://127.0.0.1:\($0)?format=\(format.rawValue)" }) { sink in
            let refused = try await sink.deliver(Sample.batch(1...2) { _ in SinkUnderTest.refusedMark })
            #expect(refused.keys.sorted() == [1, 2] && refused[1]?.contains("rejects 2 of 2: bad") == true)
        }
    }

    /// The first example of AWS's "Signature Calculations for the Authorization Header", with its time and keys.
    @Test func signaturesAreThoseThatAWSPublishes() {
        let credentials = RequestSignature.Credentials(
            accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        var request = HTTPDelivery.Request(method: .GET, path: "/test.txt", headers: ["Range": "bytes=0-9"])
        let time = EngineTime(nanoseconds: 1_369_353_600_000_000_000)
        RequestSignature(credentials: credentials, region: "us-east-1")
            .sign(&request, host: "examplebucket.s3.amazonaws.com", at: time)
        #expect(request.headers["X-Amz-Date"] == ["20130524T000000Z"])
        #expect(
            request.headers.first(name: "Authorization")?.hasSuffix(
                "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                    + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") == true)
    }

    @Test func s3CredentialsAreTheFirstThatAreThere() throws {
        let file =
            "[default]\naws_access_key_id = A\naws_secret_access_key=B\n\n# x\n[ci]\naws_access_key_id=C\n"
            + "aws_secret_access_key = D\naws_session_token = E\n"
        #expect(S3Credentials.parse(file, profile: "default") == .init(accessKey: "A", secretKey: "B"))
        #expect(S3Credentials.parse(file, profile: "ci") == .init(accessKey: "C", secretKey: "D", sessionToken: "E"))
        #expect(S3Credentials.parse(file, profile: "none") == nil)
        let environment = ["AWS_ACCESS_KEY_ID": "F", "AWS_SECRET_ACCESS_KEY": "G"]
        _ = try S3Sink(SinkLocation(parsing: "s3://bucket/folder"), environment: environment)
        #expect(throws: SinkConfigurationError.self) {
            _ = try S3Sink(SinkLocation(parsing: "s3://bucket"), environment: [:])
        }
    }
}
