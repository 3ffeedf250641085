import Testing

@testable import ComposeLoader

@Suite struct TemplateTests {
    private static let variables = ["A": "1", "E": "", "B_2": "two"]

    @Test(arguments: [
        ("plain", "plain"), ("$A", "1"), ("${A}x", "1x"), ("$$A", "$A"), ("$B_2!", "two!"), ("a$", "a$"), ("$1", "$1"),
        ("$-", "$-"), ("${U:-d}", "d"), ("${E:-d}", "d"), ("${E-d}", ""), ("${U-d}", "d"), ("${A:+s}", "s"),
        ("${E:+s}", ""), ("${E+s}", "s"), ("${U+s}", ""), ("${U:-${V:-x}}", "x"), ("${U:-{a}}", "{a}"),
        ("${A:-x}}", "1}"), ("${A:?m}", "1"), ("\\$A", "\\1"), ("${U:-a:b?c}", "a:b?c"), ("é$A", "é1"),
    ])
    func replaces(text: String, expected: String) throws {
        var template = Template { Self.variables[$0] }
        #expect(try template.substitute(text) == expected)
    }

    @Test(arguments: ["${}", "${1}", "${A", "${A:=x}", "${A/x/y}", "${A!}", "${U:-a\nb}", "${-a}"])
    func refuses(text: String) {
        var template = Template { Self.variables[$0] }
        #expect(throws: Template.Fault.self) { try template.substitute(text) }
    }

    @Test func aRequiredVariableSaysWhatItIsFor() {
        var template = Template { Self.variables[$0] }
        do throws(Template.Fault) {
            _ = try template.substitute("${U:?need $A}")
            Issue.record("nothing was thrown")
        } catch {
            guard case .required("U", "need 1") = error else {
                Issue.record("another fault: \(error)")
                return
            }
        }
    }

    @Test func unsetVariablesAreListed() throws {
        var template = Template { Self.variables[$0] }
        #expect(try template.substitute("$U ${V:-d} ${W}") == " d ")
        #expect(template.unset == ["U", "W"])
    }

    @Test func doublingIsStopped() throws {
        let long = String(repeating: "x", count: 1 << 20)
        var template = Template { _ in long }
        let text = String(repeating: "$A", count: 40)
        #expect(throws: Template.Fault.self) { try template.substitute(text) }
    }
}
