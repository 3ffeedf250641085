import ComposeModel
import Testing

@Suite struct ComposeDurationTests {
    @Test(arguments: [
        ("90s", "1m30s"), ("1.5h", "1h30m0s"), ("1w2d3h4m5s6ms", "219h4m5.006s"), ("300ms", "300ms"), ("0", "0s"),
        ("1500us", "1.5ms"), ("-2m", "-2m0s"), ("7ns", "7ns"),
    ])
    func printsAsGoDoes(text: String, expected: String) throws {
        #expect(try #require(ComposeDuration(text)).description == expected)
    }

    @Test(arguments: ["", "90", "s", "1x", ".", "1s 2s", "99999999999999h"])
    func refusesWhatHasNoMeaning(text: String) {
        #expect(ComposeDuration(text) == nil)
    }
}
