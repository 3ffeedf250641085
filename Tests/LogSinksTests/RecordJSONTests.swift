import EngineAPI
import SinkAPI
import Testing

@testable import LogSinks

/// Records as JSON, and what is read from settings for them.
@Suite struct RecordJSONTests {
    private func json(_ record: LogRecord, _ form: RecordJSONForm = RecordJSONForm()) -> String {
        var writer = RecordJSON(form, epoch: "5f3c9a1e")
        var out: [UInt8] = []
        writer.append(record, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func form(_ settings: [String: String]) throws -> RecordJSONForm {
        var settings = SinkSettings(SinkLocation(text: "x:", kind: "x", settings: settings))
        let form = try RecordJSONForm(&settings)
        try settings.finish()
        return form
    }

    @Test func aRecordHasAllItsFacts() {
        var record = Sample.record(7, Array("hello".utf8))
        record.flags = [.partial, .repaired]
        #expect(
            json(record)
                == #"{"time":"2026-01-01T00:00:00.000007000Z","stream":"stderr","level":"debug","project":"shop","#
                + #""service":"web","replica":1,"name":"shop-web-1","container":"0123456789abcdef0123","image":"nginx:1","#
                + #""labels":{"team":"café"},"sequence":7,"uid":"0123456789ab-5f3c9a1e-7","flags":["partial","repaired"],"#
                + #""message":"hello"}"#)
        let other = json(Sample.record(15, []))
        #expect(!other.contains("project") && !other.contains("labels") && !other.contains("level"))
    }

    @Test func fieldsAreChosenAndRenamed() throws {
        let chosen = try form(["fields": "time,uid,message", "rename.message": "msg", "time_format": "unix_ms"])
        #expect(
            json(Sample.record(1, [0x61]), chosen)
                == #"{"time":1767225600000,"uid":"0123456789ab-5f3c9a1e-1","msg":"a"}"#)
        let listed = try form(["fields.0": "message", "fields.1": "time", "time_format": "unix"])
        #expect(json(Sample.record(1, []), listed) == #"{"time":1767225600.000001000,"message":""}"#)
    }

    @Test(arguments: [
        (#"{"a":[1,-0.5e+3,true,null,"\u00e9\ud83d\ude00"]}"#, true), (#"  {} "#, true), (#"{"a":1}x"#, false),
        (#"[1]"#, false), (#"{"a":01}"#, false), (#"{"a":"\ud83d"}"#, false), (#"{"a":"\x"}"#, false),
        (#"{a:1}"#, false),
        ("{\"a\":\"\u{1}\"}", false), (#"{"a":1,}"#, false), (#"{"a":nul}"#, false), (#"{"a":"#, false), ("", false),
        (String(repeating: #"{"a":"#, count: 100) + "1" + String(repeating: "}", count: 100), false),
    ])
    func aLineThatIsAnObjectStaysOne(_ line: String, _ isObject: Bool) throws {
        let text = json(Sample.record(1, Array(line.utf8)), try form(["parse": "json", "fields": "message"]))
        let parsed = try #require(JSONValue.parse(text.utf8))
        #expect(!text.contains("\n"))
        #expect(isObject ? parsed["json"] == JSONValue.parse(line.utf8) : parsed["message"]?.string == line)
    }

    @Test func anyBytesBecomeTheTextThatSwiftMakesOfThem() throws {
        var random = SystemRandomNumberGenerator()
        let alphabet: [UInt8] = [
            0, 0x1F, 0x20, 0x22, 0x5C, 0x61, 0x7F, 0x80, 0xBF, 0xC2, 0xE0, 0xED, 0xA0, 0xEF, 0xF0, 0x90, 0xF4, 0xFF,
        ]
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let text = String(decoding: bytes, as: UTF8.self)
            var (literal, repaired): ([UInt8], [UInt8]) = ([], [])
            let isWhole = JSONText.appendString(bytes, to: &literal)
            #expect(JSONValue.parse(literal)?.string == text, "\(bytes)")
            let wasWhole = UTF8Bytes.appendRepaired(bytes, to: &repaired)
            #expect(wasWhole == isWhole && repaired == Array(text.utf8), "\(bytes)")
            #expect(
                isWhole == (String(validating: bytes, as: UTF8.self) != nil) && UTF8Bytes.isValid(bytes[...]) == isWhole
            )
        }
    }

    @Test func compressionIsUndoneByAnother() throws {
        for level in Gzip.levels {
            let bytes = Array(String(repeating: "a line like others\n", count: 10_000).utf8)
            let compressed = try Gzip.compress(bytes, level: level)
            #expect(Inflate.gunzip(compressed) == bytes)
            #expect(try Gzip.compress(bytes, level: level) == compressed)
        }
        #expect(Inflate.gunzip(try Gzip.compress([])) == [])
        let block = Snappy.block(Array(repeating: 7, count: 17 << 20))
        #expect(ProtobufReader.snappy(block)?.count == 17 << 20 && Snappy.block([]) == [0])
    }

    @Test func settingsHaveTypes() throws {
        let texts = [
            "a": "1m30s", "b": "8MiB", "c": "no", "d.x.y": "1", "d.z": "2", "e.0": "p", "e.1": "q", "f": "3", "g": "2",
        ]
        var settings = SinkSettings(SinkLocation(text: "x:", kind: "x", settings: texts))
        #expect(try settings.duration("a") == .seconds(90))
        #expect(try settings.byteCount("b", in: 1...(1 << 30)) == 8 << 20)
        #expect(try settings.flag("c") == false)
        #expect(settings.dictionary("d") == ["x.y": "1", "z": "2"])
        #expect(try settings.list("e") == ["p", "q"])
        #expect(try settings.integer("f", in: 0...3) == 3)
        #expect(try settings.duration("g") == .seconds(2))
        try settings.finish()
        for (key, value) in [
            ("a", "1.5s"), ("a", "s"), ("a", "0s"), ("a", "99999999999999d"), ("b", "2TB"), ("c", "maybe"), ("f", "4"),
        ] {
            var settings = SinkSettings(SinkLocation(text: "x:", kind: "x", settings: [key: value]))
            #expect(throws: SinkConfigurationError.self) {
                _ = try settings.duration("a")
                _ = try settings.byteCount("b", in: 1...(1 << 30))
                _ = try settings.flag("c")
                _ = try settings.integer("f", in: 0...3)
            }
        }
    }
}
