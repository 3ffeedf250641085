import ComposeLoader
import ComposeModel
import Testing

@Suite struct LoadOptionsTests {
    @Test(arguments: [(true, "linux/arm64"), (false, nil)] as [(Bool, String?)])
    func theDefaultPlatformIsThatOfWhatIsBuilt(applies: Bool, expected: String?) throws {
        let text = "services: {a: {build: .}, b: {build: ., platform: linux/amd64}, c: {image: x}}"
        let project = try Loading.project(text) {
            $0.environment["DOCKER_DEFAULT_PLATFORM"] = "linux/arm64"
            $0.appliesDefaultPlatform = applies
        }
        #expect(project.services["a"]?.platform == expected)
        #expect(project.services["b"]?.platform == "linux/amd64")
        #expect(project.services["c"]?.platform == nil)
    }

    @Test func withoutResolvingAPathStartsFromTheProject() throws {
        let files = [
            "compose.yaml": """
            include: [inner/i.yaml]
            services:
              a: {extends: {file: sub/c.yaml, service: base}, volumes: [./own:/o]}
              b: {build: {}}
            """,
            "sub/c.yaml": "services: {base: {build: ./src}}", "inner/i.yaml": "services: {i: {build: ../x}}",
        ]
        let project = try Loading.load(files) { $0.resolvesPaths = false }.project
        #expect(project.services.mapValues { $0.build?.context } == ["a": "sub/src", "b": ".", "i": "x"])
        #expect(project.services["a"]?.volumes.first?.source == "./own")
    }

    @Test func withoutNormalizingVariablesAreStillResolved() throws {
        let project = try Loading.project("services: {a: {image: x, environment: [B, C]}}") {
            $0.normalizes = false
            $0.environment["B"] = "1"
        }
        #expect(project.services["a"]?.environment == ["B": "1", "C": nil])
        #expect(project.networks.isEmpty)
    }

    @Test func aColonInsideAReferenceDividesNoVolume() throws {
        let service = try Loading.service("volumes: ['/a/$${B:-c}:/d']")
        #expect(service.volumes.map(\.source) == ["/a/${B:-c}"])
        #expect(service.volumes.map(\.target) == ["/d"])
    }

    @Test func extensionsAreKeptBesideTheCanonicalForm() throws {
        let service = try Loading.service("x-mine: {a: [1]}")
        #expect(service.extensions["x-mine"]?["a"] == .list([.int(1)]))
        #expect(service.canonical["x-mine"] == nil)
    }
}
