import Testing

@testable import ComposeCommands

/// Nothing but a clear yes agrees to a loss.
@Suite struct AgreementTests {
    @Test(arguments: [
        ("y", true), ("Y", true), ("yes", true), (" YES \n", true), ("", false), ("n", false), ("yeah", false),
        ("y n", false), ("no", false), ("\u{4}", false),
    ])
    func onlyAYesAgrees(answer: String, agrees: Bool) {
        #expect(Agreement.agrees(answer) == agrees)
    }

    @Test func theQuestionNamesEachLoss() {
        #expect(
            Agreement.question(["volume a and its data are removed", "volume b and its data are removed"])
                == """
                This cannot be undone: volume a and its data are removed.
                This cannot be undone: volume b and its data are removed.
                Do it? [y/N]
                """)
    }
}
