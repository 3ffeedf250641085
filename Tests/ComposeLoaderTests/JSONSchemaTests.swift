import ComposeLoader
import Testing

@Suite struct JSONSchemaTests {
    /// The scenarios hold the corpus against it with a validator; here is what a validator cannot see.
    @Test func editorsAreToldTheNamesOfWarnings() {
        let text = ComposeJSONSchema.text
        #expect(text.hasPrefix("{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\""))
        for trap in Trap.allCases { #expect(text.contains("\"\(trap.rawValue)\""), "\(trap.rawValue) is missing") }
    }

    @Test(arguments: ["service_completed_successfully", "sync+exec", "a duration such as", "^[a-zA-Z0-9._-]+$"])
    func whatIsExpectedIsInIt(part: String) {
        #expect(ComposeJSONSchema.text.contains(part))
    }
}
