@testable import LogSinks

extension SinkUnderTest.Traits {
    /// What HTTP brings.
    static let http: SinkUnderTest.Traits = [
        .acknowledges, .tellsRetryAfter, .authenticates, .refusesRecords, .keepsConnections, .saysBusy,
    ]
}

extension SinkUnderTest {
    /// The header of basic authentication that the tests' URLs ask for.
    static let basic = "Basic \(Base64Text.encode(Array("shipper:\(password)".utf8)))"

    /// The sinks that speak HTTP.
    static let http: [SinkUnderTest] = [
        SinkUnderTest(
            "webhook", kind: HTTPWebhook.self, traits: [.http, .deduplicates],
            url: { "http://shipper:\($1)@127.0.0.1:\($0)/in/logs" },
            receiver: { try await WebhookDouble.make(authorization: basic) }),
        SinkUnderTest(
            "webhook of arrays with a token", kind: HTTPWebhook.self, traits: [.http, .deduplicates],
            settings: ["format": "array", "compression": "none"],
            url: { "http://127.0.0.1:\($0)?token=\($1)" },
            receiver: { try await WebhookDouble.make(authorization: "Bearer \(password)") }),
        SinkUnderTest(
            "loki", kind: LokiSink.self, traits: [.http, .deduplicates],
            settings: ["tenant": "tenant-1", "labels.env": "a \"test\""],
            url: { "loki+http://shipper:\($1)@127.0.0.1:\($0)" },
            receiver: { try await LokiDouble.make(authorization: basic) }),
        SinkUnderTest(
            "loki by json", kind: LokiSink.self, traits: [.http, .deduplicates],
            settings: ["tenant": "tenant-1", "format": "json"],
            url: { "loki+http://127.0.0.1:\($0)/loki/api/v1/push?token=\($1)" },
            receiver: { try await LokiDouble.make(authorization: "Bearer \(password)", isJSON: true) }),
        SinkUnderTest(
            "elasticsearch", kind: Elasticsearch.self, traits: [.http, .deduplicates],
            url: { "elasticsearch+http://shipper:\($1)@127.0.0.1:\($0)" },
            receiver: { try await ElasticsearchDouble.make(authorization: basic, index: "logs-gantry-default") }),
        SinkUnderTest(
            "opensearch with a key", kind: OpenSearch.self, traits: [.http, .deduplicates],
            settings: ["index": "logs-%Y.%m.%d"],
            url: { "opensearch+http://127.0.0.1:\($0)?token=\($1)" },
            receiver: {
                try await ElasticsearchDouble.make(authorization: "ApiKey \(password)", index: "logs-2026.01.01")
            }),
        SinkUnderTest(
            "otlp", kind: OTLPSink.self, traits: .http,
            url: { "otlp+http://shipper:\($1)@127.0.0.1:\($0)" },
            receiver: { try await OTLPDouble.make(authorization: basic) }),
        SinkUnderTest(
            "otlp by json", kind: OTLPSink.self, traits: .http, settings: ["format": "json"],
            url: { "otlp+http://127.0.0.1:\($0)?token=\($1)" },
            receiver: { try await OTLPDouble.make(authorization: "Bearer \(password)", isJSON: true) }),
        SinkUnderTest(
            "hec", kind: HECSink.self, traits: .http,
            url: { "hec+http://127.0.0.1:\($0)?token=\($1)" },
            receiver: { try await HECDouble.make(token: password) }),
        SinkUnderTest(
            "hec with acknowledgements", kind: HECSink.self, traits: .http,
            settings: ["ack": "true", "ack_interval": "1ms"],
            url: { "hec+http://127.0.0.1:\($0)?token=\($1)" },
            receiver: { try await HECDouble.make(token: password, acknowledges: true) }),
        SinkUnderTest(
            "s3", kind: S3Sink.self,
            traits: SinkUnderTest.Traits.http.union(.deduplicates).subtracting(.refusesRecords),
            settings: ["name": "all of it/%Y"],
            url: { "s3+http://AKID:\($1)@127.0.0.1:\($0)/logs/pre fix" },
            receiver: { try await S3Double.make(accessKey: "AKID", secretKey: password) }),
        SinkUnderTest(
            "journal", kind: JournalUploadSink.self, traits: SinkUnderTest.Traits.http.subtracting(.refusesRecords),
            arrival: { $0 },
            url: { "journal+http://shipper:\($1)@127.0.0.1:\($0)" },
            receiver: { try await JournalDouble.make(authorization: basic) }),
    ]
}
