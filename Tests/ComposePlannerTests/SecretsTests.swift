import ComposeModel
import ComposePlanner
import EngineAPI
import FoundationEssentials
import Testing

/// A plan is printed and stored, so it must not repeat what is secret.
@Suite struct SecretsTests {
    private static let secret = "hunter2-CORRECT-horse"

    @Test func aPlanTellsNoValue() throws {
        var stage = Planned(
            .app("web") {
                $0.environment = ["PASSWORD": "before"]
                $0.secrets = [FileMount(source: "token")]
                $0.configs = [FileMount(source: "conf")]
            },
            also: {
                $0.secrets["token"] = FileResource(
                    key: "token", name: "token", source: .environment(name: "TOKEN", value: SecretsTests.secret))
                $0.configs["conf"] = FileResource(key: "conf", name: "conf", source: .content(SecretsTests.secret))
            })
        stage = try stage.up()
        stage.change("web") {
            $0.environment = ["PASSWORD": SecretsTests.secret]
            $0.labels = ["note": SecretsTests.secret]
            $0.command = ["login", SecretsTests.secret]
            $0.healthCheck = HealthCheck(test: ["CMD", SecretsTests.secret])
        }
        let plan = try stage.plan()
        #expect(plan.description.contains("environment.PASSWORD changed"))
        #expect(!plan.description.contains(SecretsTests.secret))
        #expect(!plan.notices.joined().contains(SecretsTests.secret))
        let stored = try JSONEncoder().encode(plan.prepare + plan.finish)
        #expect(!String(decoding: stored, as: UTF8.self).contains(SecretsTests.secret))
        for case .container(let spec) in plan.specs.values {
            #expect(spec.labels[ComposeLabels.fields]?.contains(SecretsTests.secret) == false)
        }
    }
}
