import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// How the engine keeps what containers write, where that is shipped and where it is not.
@Suite struct LoggingTests {
    private static let rotated = LoggingSpec(driver: "json-file", options: ["max-size": "64m", "max-file": "4"])

    private static func shipping(_ more: CanonicalValue.Field...) -> (inout Project) -> Void {
        let sinks = CanonicalValue.object([.init("all", .object([.init("url", .string("console:"))]))])
        return { $0.extensions["x-gantry"] = .object([.init("logs", .object([.init("sinks", sinks)] + more))]) }
    }

    private static func logging(_ planned: Planned) throws -> LoggingSpec? {
        try ContainerSpecTests.spec(of: planned.plan()).logging
    }

    @Test func onlyAProjectThatShipsGetsARotationThatCanBeFollowed() throws {
        #expect(try Self.logging(Planned(.app("web"))) == nil)
        let shipping = Planned(.app("web"), also: Self.shipping())
        #expect(try Self.logging(shipping) == Self.rotated)
        let notices = try shipping.plan().notices
        #expect(notices.count == 1 && notices[0].hasPrefix("The output of web is kept in 4 files of 64 MB"))
        let off = Planned(.app("web"), also: Self.shipping(.init("rotation", .bool(false))))
        #expect(try Self.logging(off) == nil && off.plan().notices.isEmpty)
    }

    @Test func whatAServiceSaysOfItsLoggingHolds() throws {
        let own = Planned(.app("web") { $0.logging = Logging(driver: "local", options: [:]) }, also: Self.shipping())
        #expect(try Self.logging(own) == LoggingSpec(driver: "local", options: [:]) && own.plan().notices.isEmpty)
    }

    @Test func switchingShippingOnOrOffReplacesNoContainer() throws {
        var stage = try Planned(.app("web")).up()
        Self.shipping()(&stage.project)
        #expect(try stage.plan().isEmpty && stage.plan().notices.isEmpty)
        var shipped = try Planned(.app("web"), also: Self.shipping()).up()
        shipped.project.extensions = [:]
        #expect(try shipped.plan().isEmpty)
    }

    @Test func aOneOffContainerIsKeptAlike() throws {
        let stage = Planned(.app("web"), also: Self.shipping())
        let service = try #require(stage.project.services["web"])
        let run = try OneOff(
            of: service, in: stage.project, observed: stage.observed, options: OneOffOptions(),
            slug: String(repeating: "a", count: 64))
        #expect(run.spec.logging == Self.rotated)
    }

    // MARK: Output that containers send themselves

    private static func sending(_ configure: (inout Service) -> Void = { _ in }) -> Planned {
        let capture = CanonicalValue.object([.init("logs", .object([.init("capture", .string("forward"))]))])
        return Planned(
            .app("web") {
                $0.extensions["x-gantry"] = capture
                configure(&$0)
            }, also: shipping(.init("socket", .string("/run/shop.sock"))))
    }

    @Test func aServiceThatSendsItsOutputHasTheDriverThatWaitsForAcknowledgements() throws {
        let plan = try Self.sending().plan()
        let spec = try ContainerSpecTests.spec(of: plan)
        let options = try #require(spec.logging?.options)
        #expect(spec.logging?.driver == "fluentd" && spec.labels[ComposeLabels.logs] == "forward")
        #expect(options["fluentd-address"] == "unix:///run/shop.sock" && options["tag"] == "shop/web/1/app")
        #expect(options["fluentd-async"] == "false" && options["fluentd-request-ack"] == "true")
        #expect(plan.logSockets == ["web": "/run/shop.sock"] && plan.notices.isEmpty)
    }

    @Test func whetherAServiceSendsItsOutputReplacesItsContainers() throws {
        var stage = try Self.sending().up()
        #expect(try stage.plan().isEmpty)
        stage.change("web") { $0.extensions = [:] }
        #expect(try stage.text().contains("does not send its output any more"))
        var other = try Planned(.app("web"), also: Self.shipping()).up()
        other.change("web") { $0.extensions = Self.sending().project.services["web"]?.extensions ?? [:] }
        #expect(try other.text().contains("is to send its output"))
    }

    @Test func aServiceThatSendsItsOutputHasNoOtherLogging() {
        let stage = Self.sending { $0.logging = Logging(driver: "local", options: [:]) }
        #expect(stage.problems().count == 1 && stage.problems()[0].contains("which is a log driver of its own"))
    }
}
