import ComposeModel
import Testing

@Suite struct HookTests {
    @Test func aServicesHooksAreReadInOrder() {
        var service = Service(name: "web")
        service.uninterpreted["post_start"] = .list([
            .object([
                .init("command", .strings(["warm", "up"])), .init("user", .string("0")),
                .init("privileged", .bool(true)), .init("working_dir", .string("/srv")),
                .init("environment", .object([.init("A", .string("1")), .init("B", .null)])),
            ]),
            .object([.init("command", .strings(["index"]))]),
        ])
        var first = Hook(command: ["warm", "up"])
        first.user = "0"
        first.privileged = true
        first.workingDirectory = "/srv"
        first.environment = ["A": "1", "B": nil]
        #expect(service.hooks(.postStart) == [first, Hook(command: ["index"])])
        #expect(service.hooks(.preStop) == [])
    }

    @Test func onlyAPreStartHookHasAnImageAndMayHaveNoCommand() {
        var service = Service(name: "web")
        service.uninterpreted["pre_start"] = .list([
            .object([.init("command", .null), .init("image", .string("tool")), .init("per_replica", .bool(false))])
        ])
        var hook = Hook(command: nil)
        hook.image = "tool"
        hook.perReplica = false
        #expect(service.hooks(.preStart) == [hook])
    }
}
