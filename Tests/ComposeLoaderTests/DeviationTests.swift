import ComposeLoader
import ComposeModel
import Testing

/// Where Docker Compose 2.40 gives another answer, and why ours is the right one.
@Suite struct DeviationTests {
    /// Its parser of byte counts drops the value without a word, and the container runs without the limit.
    @Test func aSizeWithAnExponentIsASize() throws {
        #expect(try Loading.service("mem_limit: 1e3").limits.memory == 1000)
    }

    /// It names a variable "" when the file ends right after a name, and the engine refuses the container.
    @Test(arguments: [("A", [:]), ("A=\"x\"y", ["A": "x"])] as [(String, [String: String?])])
    func anEnvFileNeedNotEndWithALineBreak(text: String, expected: [String: String?]) throws {
        let files = ["compose.yaml": "services: {a: {image: x, env_file: e.env}}", "e.env": text]
        #expect(try Loading.load(files).project.services["a"]?.environment == expected)
    }

    /// It makes numbers of bytes past 63 bits negative, and the engine takes that for no limit.
    @Test func aSizeThatNoMachineHasIsAMistake() {
        let text = "services: {a: {image: x, mem_limit: '99999999999999999999'}}"
        #expect(Loading.report(["compose.yaml": text]).hasPrefix("compose.yaml:1:37: services.a.mem_limit: "))
    }

    /// It cuts the fraction off without a word.
    @Test func aFractionOfAWholeNumberIsAMistake() {
        let text = "services: {a: {image: x, pids_limit: 1.5}}"
        #expect(Loading.report(["compose.yaml": text]).hasPrefix("compose.yaml:1:38: services.a.pids_limit: expected"))
    }

    /// It takes any of them, and nothing carries them out.
    @Test(arguments: [
        ("failure_action: continu", "\"continu\" is not one of continue, pause, rollback (did you mean \"continue\"?)"),
        ("max_failure_ratio: 2", "max_failure_ratio must be from 0 to 1, found 2"),
        ("max_failure_ratio: '-0.1'", "max_failure_ratio must be from 0 to 1, found -0.1"),
        ("delay: -1s", "delay must not be negative, found \"-1s\""),
        ("monitor: -1s", "monitor must not be negative, found \"-1s\""),
        ("parallelism: -1", "-1 is out of range: it must be at least 0"),
    ])
    func whatNoUpdateCanDoIsAMistake(setting: String, sentence: String) {
        for name in ["update_config", "rollback_config"] {
            let text = "services: {a: {image: x, deploy: {\(name): {\(setting)}}}}"
            let report = Loading.report(["compose.yaml": text])
            let column = 38 + name.count + ((setting.split(separator: " ").first?.count ?? 0) + 1)
            #expect(report.hasPrefix("compose.yaml:1:\(column): services.a.deploy.\(name)"), "\(report)")
            #expect(report.contains(sentence), "\(report)")
        }
    }

    /// It reads the word "null" then, an image of that name for one.
    @Test func overridingWithNothingIsAMistake() {
        let files = [
            "compose.yaml": "services: {a: {image: x}}",
            "compose.override.yaml": "services: {a: {image: !override null}}",
        ]
        #expect(Loading.report(files).hasPrefix("compose.override.yaml:1:16: services.a.image: expected a string"))
    }

    /// It reads a variable with the name of an extension as one, and prints `"#extensions": "map[x-a:b]"`.
    @Test func aVariableMayBeCalledLikeAnExtension() throws {
        #expect(try Loading.service("environment: {x-a: b}").environment == ["x-a": "b"])
    }

    /// It drops the value and takes the base's, though the file says something else.
    @Test func anOverrideOfTheWrongTypeIsAMistake() {
        let files = [
            "compose.yaml": "services: {a: {image: x, environment: {A: 1}}}",
            "compose.override.yaml": "services: {a: {environment: 5}}",
        ]
        #expect(Loading.report(files).hasPrefix("compose.override.yaml:1:29: services.a.environment: expected"))
    }

    /// It refuses two services that share an anchor when one's name starts with the other's, and calls it a cycle.
    @Test func servicesMayShareAnAnchor() throws {
        let project = try Loading.project(
            "services:\n  test.unit: &s {image: x}\n  test: *s\n  test.other: *s\n")
        #expect(project.services.values.map(\.image) == ["x", "x", "x"])
    }

    /// It reads names with `x-` as extensions in some places and as names in others, and prints
    /// `networks: {"#extensions": {}}`.
    @Test func aResourceMayBeCalledLikeAnExtension() throws {
        let project = try Loading.project("services: {a: {image: x, networks: [x-n]}}\nnetworks: {x-n: }\n")
        #expect(project.networks["x-n"]?.name == "demo_x-n")
        #expect(project.services["a"]?.networks.keys.sorted() == ["x-n"])
    }

    /// It leaves `extends` in the service, where nothing can be made of it any more.
    @Test func extendingAnEmptyServiceAddsNothing() throws {
        let files = [
            "compose.yaml": "services: {a: {image: x, extends: {file: f.yaml, service: b}}}",
            "f.yaml": "services: {b: }",
        ]
        let service = try #require(try Loading.load(files).project.services["a"])
        #expect(service.canonical["extends"] == nil)
        #expect(service.image == "x")
    }

    /// It passes the options to the engine but does not print them, so that its output makes another network.
    @Test func optionsOfAddressManagementArePrinted() throws {
        let project = try Loading.project(
            "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {ipam: {options: {a: b}}}}\n")
        #expect(project.canonical["networks"]?["n"]?["ipam"]?["options"]?["a"] == .string("b"))
    }

    /// Version 2.40 refuses what 5.x merges, with the including file on top.
    @Test func anIncludedServiceCanBeChanged() throws {
        let files = [
            "compose.yaml": "include: [sub.yaml]\nservices: {a: {image: y}}",
            "sub.yaml": "services: {a: {image: x, user: u}}",
        ]
        let service = try #require(try Loading.load(files).project.services["a"])
        #expect(service.image == "y" && service.user == "u")
    }
}
