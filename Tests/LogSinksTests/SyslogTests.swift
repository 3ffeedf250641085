import EngineAPI
import NIOCore
import NIOSSL
import SinkAPI
import Testing

@testable import LogSinks

/// How records look as syslog messages.
@Suite(.timeLimit(.minutes(5))) struct SyslogTests {
    private func messages(_ lines: [[UInt8]], _ settings: [String: String] = [:]) throws -> [[UInt8]] {
        var read = SinkSettings(
            SinkLocation(text: "", kind: "", settings: settings.merging(["hostname": "host.example"]) { old, _ in old })
        )
        var encoder = SyslogEncoder(try SyslogForm(&read, largest: 8192), epoch: "5f3c9a1e")
        var messages: [[UInt8]] = []
        for record in Sample.batch(lines: lines).records { encoder.messages(record) { messages.append($0 + $1) } }
        return messages
    }

    @Test(
        arguments: [
            (
                [:],
                "<9>1 2026-01-01T00:00:00.000001Z host.example web 0123456789ab stderr [gantry@32473 svc=\"web\" "
                    + "name=\"shop-web-1\" cid=\"0123456789ab\" project=\"shop\" stream=\"stderr\" uid=\"0123456789ab-5f3c9a1e-1\"] hello"
            ),
            (
                ["facility": "local7", "hostname": "a b"],
                "<185>1 2026-01-01T00:00:00.000001Z a_b web 0123456789ab stderr [gantry@32473 svc=\"web\" "
                    + "name=\"shop-web-1\" cid=\"0123456789ab\" project=\"shop\" stream=\"stderr\" uid=\"0123456789ab-5f3c9a1e-1\"] hello"
            ),
            (["rfc": "3164"], "<9>Jan  1 00:00:00 host.example web[0123456789ab]: hello"),
        ]) func aMessageIsAsItsStandardSays(_ settings: [String: String], _ expected: String) throws
    {
        let message = try #require(try messages([Array("hello".utf8)], settings).first)
        #expect(String(decoding: message, as: UTF8.self) == expected)
    }

    @Test func onlyTextThatNeedsItIsMarkedAsUnicode() throws {
        let lines: [[UInt8]] = [Array("plain".utf8), Array("café".utf8), [0x63, 0xE9]]
        let parsed = try messages(lines).map { try SyslogMessage($0) }
        #expect(parsed.map(\.hasMark) == [false, true, false])
        #expect(parsed.map(\.text) == lines)
    }

    @Test func namesKeepTheHeaderAndTheDataWhole() throws {
        let source = LogSource(container: "0", name: "a]\"\\", service: String(repeating: "é ", count: 40))
        let record = LogRecord(source: source, stream: .stdout, time: EngineTime(nanoseconds: 0), line: [], sequence: 4)
        var settings = SinkSettings(SinkLocation(text: "", kind: ""))
        var encoder = SyslogEncoder(try SyslogForm(&settings, largest: 8192), epoch: "e")
        var message: [UInt8] = []
        encoder.messages(record) { message = $0 + $1 }
        let parsed = try SyslogMessage(message)
        #expect(parsed.application.utf8.count == 48 && parsed.parameters["name"] == "a]\"\\" && parsed.priority == 14)
    }

    @Test(arguments: ["5424", "3164"]) func aLongLineBecomesMessagesThatReceiversTake(_ version: String) throws {
        let line = Array(String(repeating: "0123456789é😀", count: 1000).utf8)
        let parts = try messages([line], ["max_size": "1KiB", "rfc": version])
        #expect(parts.count > 10 && parts.allSatisfy { $0.count <= 1024 })
        guard version == "5424" else {
            #expect(String(decoding: parts[1], as: UTF8.self).contains("]: [2/\(parts.count)] "))
            return
        }
        var store = DoubleStore()
        for part in parts { try SyslogMessage(part).store(in: &store) }
        #expect(store.received == [ReceivedRecord(uid: "0123456789ab-5f3c9a1e-1", line: line)])
    }

    @Test func legacyFramesAreOneLineEach() async throws {
        let double = try await StreamDouble { TextWire() }
        let location = try SinkLocation(parsing: "syslog+tcp://127.0.0.1:\(double.port)?framing=lf&rfc=3164&hostname=h")
        let sink = try SyslogSinkKind.make(location)
        try await deliver(Sample.batch(lines: [Array("a\nb".utf8), Array("c".utf8)]), to: sink)
        try await eventually { double.received.count == 2 }
        let texts = double.received.map { String(decoding: $0.line, as: UTF8.self) }
        #expect(texts[0].hasSuffix("]: a b") && texts[1].hasSuffix("]: c"))
        await sink.shutDown()
        try await double.stop()
    }

    @Test func overTLSOnlyAReceiverThatIsTrustedGetsAnything() async throws {
        let double = try await StreamDouble(tls: try .init(configuration: TestCertificate.server())) { SyslogWire() }
        let url = "syslog+tls://127.0.0.1:\(double.port)"
        let distrusting = try SyslogSinkKind.make(SinkLocation(parsing: url))
        guard case .misconfigured = await failure({ try await distrusting.deliver(Sample.batch(1...3)) }) else {
            Issue.record("an unknown authority was trusted")
            return
        }
        #expect(double.received.isEmpty)
        try await TestCertificate.withAuthority { authority in
            for settings in [["ca": authority], ["insecure": "true"]] {
                let sink = try SyslogSinkKind.make(SinkLocation(parsing: url, settings: settings))
                try await sink.check { _ in }
                try await deliver(Sample.batch(1...3), to: sink)
                await sink.shutDown()
            }
        }
        try await eventually { double.received.count == 6 }
        try await double.stop()
    }

    @Test(arguments: ["?ca=/nowhere", "?cert=/nowhere", "?facility=local8", "?max_size=10", "?framing=nul", "?rfc=1"])
    func wrongSettingsAreToldAtOnce(_ query: String) throws {
        #expect(throws: SinkConfigurationError.self) {
            try SyslogSinkKind.make(SinkLocation(parsing: "syslog+tls://127.0.0.1\(query)"))
        }
    }
}

/// Lines of text.
struct TextWire: WireDouble {
    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        guard let end = bytes.readableBytesView.firstIndex(of: 0x0A),
            let text = bytes.readBytes(length: end - bytes.readerIndex)
        else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        return DoubleExchange { store in
            store.received.append(ReceivedRecord(uid: "", line: text))
            return []
        }
    }
}
