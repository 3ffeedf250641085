import ComposePlanner
import EngineAPI
import Glibc
import Testing

@testable import ComposeCommands
@testable import ComposeExecutor

@Suite struct RenderingTests {
    @Test func aTableIsAsWideAsItsCells() {
        var table = TextTable(header: ["NAME", "STATUS"])
        table.add(["shop-web-1", "Up"])
        table.add(["db", ""])
        #expect(table.text == "NAME         STATUS\nshop-web-1   Up\ndb\n")
    }

    @Test(arguments: [
        (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"), (125, "2 minutes"),
        (3700, "About an hour"), (7300, "2 hours"), (172_800, "2 days"),
    ])
    func agesReadAsDockerPrintsThem(seconds: Int64, expected: String) {
        #expect(ContainerText.age(seconds: seconds) == expected)
    }

    @Test func portsAreSortedAndAddressesBracketed() {
        let ports = [
            PortSummary(containerPort: 443), PortSummary(hostAddress: "::", containerPort: 80, hostPort: 8080),
            PortSummary(hostAddress: "0.0.0.0", containerPort: 80, hostPort: 8080),
        ]
        #expect(ContainerText.ports(ports) == "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 443/tcp")
    }

    @Test(arguments: [
        ("7fef55d78101_shop-web-1", "shop-web-1"), ("7fef55d78101__shop-web-1", "shop-web-1"),
        ("shop_web_1", "shop_web_1"), ("shop-web-1", "shop-web-1"),
    ])
    func aReplacementIsShownUnderItsFinalName(name: String, expected: String) {
        #expect(ContainerText.finalName(name) == expected)
    }

    @Test(arguments: [(999, "999B"), (1500, "1.5kB"), (12_345_678, "12.3MB"), (123_456_789_000, "123GB")])
    func bytesHaveThreeFigures(bytes: Int64, expected: String) {
        #expect(ByteText.text(bytes) == expected)
    }

    @Test func aFullDiskIsNoticed() throws {
        let full = open("/dev/full", O_WRONLY)
        try #require(full >= 0)
        defer { close(full) }
        #expect(writeAll(Array("text".utf8), to: full) == ENOSPC)
    }

    // MARK: Failures

    @Test func aFailedHookIsToldWithItsOutputAndWhatItDidStays() {
        let failure = ApplyFailure(
            operation: nil, reason: "post_start hook 1 of shop-web-1 exited with code 3", container: nil,
            isCancelled: false, undone: 2, leftovers: [], hooksRan: true, hookOutput: ["no \u{1B}[2Jway"])
        #expect(
            ApplyFailureText.text(failure, command: "up") == """
                gantry: up failed: post_start hook 1 of shop-web-1 exited with code 3
                  the hook's last lines:
                    | no \u{FFFD}[2Jway
                Rolled back: 2 steps were taken back, and the project is as it was before.
                What the hooks did is not undone.
                """)
    }

    @Test func whatAHookLeftIsToldWithItsOutput() {
        let leftover = Leftover(what: "pre_stop hook 1 of web-1", reason: "exited with code 3", output: ["busy"])
        #expect(LeftoverText.text(leftover) == "pre_stop hook 1 of web-1: exited with code 3\n    | busy")
    }

    // MARK: Progress

    private static let start = Operation(
        id: OperationID(2), action: .startContainer(.planned(OperationID(1), name: "shop-web-1")), cause: "",
        service: "web")

    private func model(_ events: [ApplyEvent]) -> ProgressModel {
        var model = ProgressModel()
        let now = ContinuousClock.now
        for event in events { _ = model.update(event, at: now) }
        return model
    }

    @Test func aContainersStepsShareOneLine() throws {
        let create = Operation(
            id: OperationID(1), action: .createContainer(name: "7fef55d78101_shop-web-1"), cause: "", service: "web")
        let subjects = model([.began(create), .succeeded(create), .began(Self.start)]).subjects
        #expect(subjects.count == 1)
        let subject = try #require(subjects.first)
        #expect(ProgressText.plain(subject) == " Container shop-web-1  Starting")
        #expect(
            ProgressText.json(subject) == #"{"id":"Container shop-web-1","status":"Working","text":"Starting"}"#)
    }

    @Test func aFailureSaysWhy() throws {
        let subject = try #require(model([.failed(Self.start, reason: "no such port")]).subjects.first)
        #expect(subject.status == .failed)
        #expect(ProgressText.plain(subject) == " Container shop-web-1  Error  no such port")
    }

    @Test func aGracePeriodCountsDownUntilItsEnd() {
        let stop = Operation(
            id: OperationID(1), action: .stopContainer(.existing("x", name: "shop-web-1"), grace: nil), cause: "",
            service: "web")
        var model = model([.began(stop), .graceBegan(stop, remaining: .seconds(9))])
        let now = ContinuousClock.now
        func picture() -> String {
            ProgressText.picture(
                model.subjects, title: "stop shop", began: now, now: now + .milliseconds(1500), columns: 80, rows: 10,
                colors: false)[1]
        }
        func countdown(_ columns: Int = 80) -> String {
            ProgressText.countdown(model.subjects, now: now + .milliseconds(1500), columns: columns)
        }
        #expect(picture().contains("Container shop-web-1  Stopping 8s left  "))
        #expect(countdown() == " Stopping  shop-web-1 8s left")
        #expect(countdown(20) == " Stopping  shop-we…")
        _ = model.update(.succeeded(stop), at: now)
        #expect(picture().contains("Container shop-web-1  Stopped  "))
        #expect(countdown() == "")
    }

    @Test func aKilledContainerIsNamedOnceForItsService() {
        let stop = Operation(
            id: OperationID(1), action: .stopContainer(.existing("x", name: "x"), grace: nil), cause: "")
        func unheeded(_ name: String, _ service: String, hasInit: Bool = false) -> ApplyEvent {
            .killed(
                stop,
                UnheededStop(
                    container: name, service: service, grace: .seconds(10), signal: "SIGTERM", hasInit: hasInit))
        }
        var model = model([
            unheeded("web-1", "web"), unheeded("web-2", "web"), unheeded("db-1", "db", hasInit: true),
        ])
        #expect(
            model.takeUnheededStops().map(UnheededStopText.text) == [
                "web-1 was killed after 10 s: its process 1 ignored SIGTERM; consider \"init: true\" or \"stop_signal\"",
                "db-1 was killed after 10 s: its process did not end on SIGTERM; consider a longer "
                    + "\"stop_grace_period\" or another \"stop_signal\"",
            ])
        #expect(model.takeUnheededStops() == [])
    }

    @Test(arguments: [20, 40, 80, 200])
    func aPictureFitsTheTerminal(columns: Int) {
        let operations = (1...40).map {
            Operation(
                id: OperationID($0),
                action: .startContainer(.existing("x", name: "shop-a-service-with-a-long-name-\($0)")), cause: "")
        }
        let subjects = model(operations.map { .failed($0, reason: "a reason that is rather long\nand has lines") })
            .subjects
        let now = ContinuousClock.now
        let lines = ProgressText.picture(
            subjects, title: "up shop", began: now, now: now, columns: columns, rows: 10, colors: false)
        #expect(lines.count == 10)
        #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
    }

    // MARK: Failures

    @Test func aReportShowsFactsAndWhatBecameOfTheProject() {
        let failure = ApplyFailure(
            operation: nil, reason: "web exited with code 3",
            container: ContainerReport(
                name: "shop-web-1", state: .exited, exitCode: 3, outOfMemory: false, failure: "", probeOutput: nil,
                lastLines: ["starting", "\u{1B}]0;title\u{7}broken"]),
            isCancelled: false, undone: 2, leftovers: [])
        #expect(
            ApplyFailureText.text(failure, command: "up") == """
                gantry: up failed: web exited with code 3
                  container shop-web-1: exited with code 3
                  its last lines:
                    | starting
                    | \u{FFFD}]0;title\u{FFFD}broken
                Rolled back: 2 steps were taken back, and the project is as it was before.
                """)
    }

    @Test func whatIsKeptIsToldWithWhoAskedForThat() {
        var failure = ApplyFailure(
            operation: nil, reason: "x", container: nil, isCancelled: false, undone: 0, leftovers: [])
        failure.keeping = "as `failure_action: pause` of web asks for"
        let text = ApplyFailureText.text(failure, command: "up")
        #expect(text.contains("Nothing was taken back, as `failure_action: pause` of web asks for."))
    }

    @Test func leftoversAreNamedWithWhatEndsThem() {
        let failure = ApplyFailure(
            operation: nil, reason: "x", container: nil, isCancelled: true, undone: 1,
            leftovers: [Leftover(what: "create network shop_default", reason: "has active endpoints")])
        #expect(
            ApplyFailureText.text(failure, command: "up") == """
                gantry: up was interrupted.
                Not everything could be taken back:
                  create network shop_default: has active endpoints
                `gantry recover` tries again, and the next `up`, `stop` or `down` of this project does so first.
                """)
    }
}
