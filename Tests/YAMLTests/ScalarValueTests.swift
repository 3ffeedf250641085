import Testing
import YAML

@Suite struct ScalarValueTests {
    @Test(arguments: ["", "~", "null", "Null", "NULL"])
    func nulls(text: String) {
        #expect(Scalar(text).resolved(tag: nil) == .null)
        #expect(Scalar(text, style: .singleQuoted).resolved(tag: nil) == .string(text))
    }

    @Test(arguments: ["true", "True", "TRUE", "false", "False", "FALSE"])
    func booleans(text: String) {
        #expect(Scalar(text).resolved(tag: nil) == .bool(text.lowercased() == "true"))
    }

    @Test(arguments: [
        "yes", "no", "on", "off", "y", "N", "tRUE", "nUll", "abc", "0x", "0b12", "0z1", "1:30", "1.2.3", "--1", "+-1",
        "1e",
        "e1", ".", "-", "+", "1e999", "._1", "0xG", "=", "<<", "2001-13-01", "2001-02-29", "01-02-03", "127.0.0.1",
        "1 2",
        "٣", ".inF", "0o8", "-.Nan", "2001-12-14T21:59:43", "2001-12-14 21:59:43 -5", "2001-12-14 25:00:00",
    ])
    func strings(text: String) {
        #expect(Scalar(text).resolved(tag: nil) == .string(text))
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("+5", 5), ("-17", -17), ("0x1F", 31), ("0X1f", 31), ("-0x1F", -31), ("0o17", 15),
            ("017", 15), ("010", 8), ("00", 0), ("0b101", 5), ("1_000", 1000), ("0_7", 7),
            ("9223372036854775807", 9_223_372_036_854_775_807), ("-9223372036854775808", -9_223_372_036_854_775_808),
            ("18446744073709551615", 18_446_744_073_709_551_615),
        ] as [(String, Int128)])
    func integers(text: String, expected: Int128) {
        #expect(Scalar(text).resolved(tag: nil) == .int(expected))
    }

    @Test(
        arguments: [
            ("1.5", 1.5), ("-1.50", -1.5), ("1e3", 1000), ("1E-3", 0.001), (".5", 0.5), ("+.5", 0.5), ("1.", 1),
            ("08", 8),
            ("1_0.5", 10.5), (".inf", .infinity), ("+.INF", .infinity), ("-.Inf", -.infinity), ("1e-999", 0),
            ("18446744073709551616", 18_446_744_073_709_551_616), ("-9223372036854775809", -9_223_372_036_854_775_808),
            ("+9223372036854775808", 9_223_372_036_854_775_808), ("09.5", 9.5),
        ] as [(String, Double)])
    func floats(text: String, expected: Double) {
        #expect(Scalar(text).resolved(tag: nil) == .float(expected))
    }

    @Test(arguments: [".nan", ".NaN", ".NAN"])
    func notANumber(text: String) {
        guard case .float(let value) = Scalar(text).resolved(tag: nil) else {
            Issue.record("\(text) is no float")
            return
        }
        #expect(value.isNaN)
    }

    @Test(arguments: [
        "2001-12-14", "2001-1-2", "2004-02-29", "2001-12-14T21:59:43.10Z", "2001-12-14t21:59:43-05:00",
        "2001-12-14 21:59:43.10", "2001-12-14 1:2:3",
    ])
    func timestamps(text: String) {
        #expect(Scalar(text).resolved(tag: nil) == .timestamp(text))
        #expect(Scalar(text, style: .doubleQuoted).resolved(tag: nil) == .string(text))
    }

    @Test(
        arguments: [
            ("5", Scalar.Style.plain, "!!str", .string("5")),
            ("5", .doubleQuoted, "!!int", .int(5)),
            ("5", .plain, "!!float", .float(5)),
            ("true", .singleQuoted, "!!bool", .bool(true)),
            ("", .plain, "!!null", .null),
            ("", .plain, "!!str", .string("")),
            ("2001-12-14", .plain, "!!str", .string("2001-12-14")),
            ("2001-12-14", .singleQuoted, "!!timestamp", .timestamp("2001-12-14")),
            ("aGk=", .plain, "!!binary", .string("hi")),
            ("5", .plain, "!foo", .string("5")),
            ("x", .plain, "!!int", .string("x")),
        ] as [(String, Scalar.Style, String, ScalarValue)])
    func explicitTags(text: String, style: Scalar.Style, tag: String, expected: ScalarValue) {
        let verbatim = tag.replacing("!!", with: "tag:yaml.org,2002:")
        #expect(Scalar(text, style: style).resolved(tag: verbatim) == expected)
    }

    @Test(arguments: [
        ("1.50", "1.5"), ("1e3", "1000"), ("0x1F", "31"), ("017", "15"), ("1e21", "1e+21"), ("1e-7", "1e-07"),
        ("08", "8"),
        ("100000.0", "100000"), ("1e6", "1e+06"), ("123456789.0", "1.23456789e+08"), ("0.0001", "0.0001"),
        ("0.00001", "1e-05"), ("1.25e-10", "1.25e-10"), ("1e100", "1e+100"), ("-2.50", "-2.5"), ("-0.0", "-0"),
        ("0.1", "0.1"), ("12.0", "12"), ("-.inf", "-Inf"), (".inf", "+Inf"), (".nan", "NaN"), ("~", ""),
        ("TRUE", "true"),
        ("5e-324", "5e-324"), ("1.7976931348623157e308", "1.7976931348623157e+308"), ("yes", "yes"),
        ("18446744073709551615", "18446744073709551615"), ("99999999999999999999", "1e+20"), ("10.50", "10.5"),
    ])
    func printsLikeGo(text: String, expected: String) {
        #expect(Scalar(text).resolved(tag: nil).text == expected)
    }
}
