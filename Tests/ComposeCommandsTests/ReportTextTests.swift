import ComposeState
import Testing

@testable import ComposeCommands

@Suite struct ReportTextTests {
    private static let report = FailureReport(
        id: TransactionID(rawValue: "0123456789abcdef"), time: "2026-01-31T10:00:00Z",
        scope: JournalScope(engine: "unix:///run/docker.sock", project: "shop"), command: "up",
        reason: "shop-web-1 is unhealthy",
        operation: .init(
            description: "wait until shop-web-1 is healthy", cause: "the command waits for it", service: "web"),
        container: .init(
            name: "shop-web-1", state: "exited", exitCode: 3, outOfMemory: false, healthOutput: "no\u{9B}31m answer",
            lastLines: ["listening", "\u{1B}]0;title\u{7}gone"]),
        hookOutput: nil, undone: ["create container shop-web-1"], leftovers: [])

    @Test func aReportReadsAsWhatHappened() {
        #expect(
            ReportText.text(Self.report) == """
                Report 0123456789abcdef of project shop
                `gantry up` failed at 2026-01-31T10:00:00Z: shop-web-1 is unhealthy
                  at: wait until shop-web-1 is healthy (the command waits for it)
                  container shop-web-1: exited with code 3
                  its healthcheck last said:
                    | no\u{FFFD}31m answer
                  its last lines:
                    | listening
                    | \u{FFFD}]0;title\u{FFFD}gone
                Taken back:
                  create container shop-web-1
                The project was as before then.
                """)
    }

    /// The schema of version 1: what is in it stays.
    @Test func theFormForProgramsIsStable() throws {
        #expect(
            try ReportText.json(Self.report, indented: false)
                == #"{"command":"up","container":{"exitCode":3,"healthOutput":"no\u009b31m answer","#
                + #""lastLines":["listening","\u001b]0;title\u0007gone"],"name":"shop-web-1","outOfMemory":false,"#
                + #""state":"exited"},"engine":"unix:///run/docker.sock","id":"0123456789abcdef","leftovers":[],"#
                + #""operation":{"cause":"the command waits for it","#
                + #""description":"wait until shop-web-1 is healthy","service":"web"},"project":"shop","#
                + #""reason":"shop-web-1 is unhealthy","time":"2026-01-31T10:00:00Z","#
                + #""undone":["create container shop-web-1"],"version":1}"#)
    }

    @Test func aListHasALineForEach() {
        #expect(
            ReportText.table([Self.report]) == """
                REPORT             TIME                   COMMAND   LEFT   REASON
                0123456789abcdef   2026-01-31T10:00:00Z   up        0      shop-web-1 is unhealthy

                """)
    }

    @Test func whoHoldsALockIsNamed() {
        let held = LockHeld(project: "shop", holder: "gantry up (process 7, since 2026-01-31T10:00:00Z)", seconds: 5)
        #expect(
            held.description
                == "Project shop is being changed by gantry up (process 7, since 2026-01-31T10:00:00Z), and that has not "
                + "ended within 5 s. Nothing was changed. Try again when it has ended, or with a longer --lock-wait.")
    }
}
