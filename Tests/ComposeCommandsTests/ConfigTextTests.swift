import ComposeLoader
import ComposeModel
import Testing

@testable import ComposeCommands

@Suite struct ConfigTextTests {
    private func loaded(_ change: (inout Project) -> Void = { _ in }) -> LoadedProject {
        var service = Service(name: "web")
        service.image = "x:$1"
        service.profiles = ["p"]
        service.networks.updateValue(nil, forKey: "default")
        service.environment = ["command": nil]
        service.uninterpreted["blkio_config"] = .object([
            CanonicalValue.Field(
                "weight_device", .list([.object([CanonicalValue.Field("Path", .string("/dev/a"))])]))
        ])
        var project = Project(name: "demo", workingDirectory: "/d", configFiles: [])
        project.services["web"] = service
        project.networks["default"] = Network(key: "default", name: "demo_default")
        project.models["m"] = .object([CanonicalValue.Field("model", .string("ai/m"))])
        project.extensions["x-a"] = .bool(true)
        change(&project)
        return LoadedProject(project: project, warnings: [], environment: ["B": "2", "A": "1"])
    }

    @Test func yamlIsAFileThatReadsBackTheSame() {
        #expect(
            ConfigText.model(loaded(), .yaml, onlyImages: false) == """
                name: demo
                services:
                  web:
                    profiles:
                      - p
                    blkio_config:
                      weight_device:
                        - path: /dev/a
                    environment:
                      command: null
                    image: x:$$1
                    networks:
                      default: null
                networks:
                  default:
                    name: demo_default
                models:
                  m:
                    model: ai/m
                x-a: true

                """)
    }

    @Test func extensionsAreWhereTheyWereWritten() throws {
        let text = """
            name: demo
            services:
              web:
                x-own: 1
                image: x
                build: {context: /d, x-b: {a: 1}}
                deploy: {replicas: 1, x-d: 1, resources: {limits: {pids: 5, x-l: 2}}}
                networks: {default: {x-n: 1}}
                volumes: [{type: tmpfs, target: /t, x-v: 1}]
                ulimits: {nofile: {soft: 1, hard: 2, x-u: 1}}
            networks: {default: {x-net: 1, ipam: {x-ip: 1, config: [{subnet: 10.0.0.0/24, x-ic: 1}]}}}
            """
        var options = LoadOptions(workingDirectory: "/d")
        options.keepsUnusedResources = true
        let loaded = try ProjectLoader(options: options, files: MemoryFiles(["/d/compose.yaml": text])).load()
        #expect(
            ConfigText.model(loaded, .yaml, onlyImages: false) == """
                name: demo
                services:
                  web:
                    build:
                      context: /d
                      dockerfile: Dockerfile
                      x-b:
                        a: 1
                    deploy:
                      replicas: 1
                      resources:
                        limits:
                          pids: 5
                          x-l: 2
                      x-d: 1
                    image: x
                    networks:
                      default:
                        x-n: 1
                    ulimits:
                      nofile:
                        soft: 1
                        hard: 2
                    volumes:
                      - type: tmpfs
                        target: /t
                        x-v: 1
                    x-own: 1
                networks:
                  default:
                    name: demo_default
                    ipam:
                      config:
                        - subnet: 10.0.0.0/24
                      x-ip: 1
                    x-net: 1

                """)
        #expect(!ConfigText.model(loaded, .json, onlyImages: false).contains("x-b"))
    }

    @Test func jsonHasTheImagesOwnCommandAsNull() {
        let text = ConfigText.model(loaded(), .json, onlyImages: false)
        #expect(text.contains("\"command\": null,\n"))
        #expect(text.hasSuffix("}\n") && !text.contains("models"))
    }

    @Test func imagesAloneMakeAnOverride() {
        let other = Service(name: "built")
        let text = ConfigText.model(loaded { $0.services["built"] = other }, .yaml, onlyImages: true)
        #expect(text == "services:\n  built: {}\n  web:\n    image: x:$$1\n")
    }

    @Test func noServiceIsStillAnOverride() {
        #expect(ConfigText.model(loaded { $0.services = [:] }, .yaml, onlyImages: true) == "services: {}\n")
    }

    @Test(
        arguments: [
            ([], true, nil), ([.profiles, .networks], false, .networks), ([.variables, .images], false, .images),
            ([.models], true, .models), ([.environment, .profiles], true, nil),
        ] as [([ConfigListing], Bool, ConfigListing?)])
    func ofSeveralPartsTheFirstIsListed(asked: [ConfigListing], hashes: Bool, listed: ConfigListing?) {
        #expect(ConfigListing.first(of: asked, besideHashes: hashes) == listed)
    }

    @Test(
        arguments: [
            (.services, "a\nweb\nz\n"), (.networks, "default\n"), (.volumes, ""), (.profiles, "p\n"),
            (.images, "demo-a\nx:$1\nx:$1\n"), (.models, "ai/m\n"), (.environment, "A=1\nB=2\n"),
        ] as [(ConfigListing, String)])
    func lists(listing: ConfigListing, expected: String) {
        let loaded = loaded { project in
            var service = Service(name: "a")
            service.build = Build(context: "/d")
            project.services["a"] = service
            service = Service(name: "z")
            service.image = "x:$1"
            project.services["z"] = service
        }
        #expect(ConfigText.list(listing, loaded, .yaml, separator: "-") == expected)
    }

    @Test func variablesOfEveryReference() {
        var loaded = loaded()
        loaded.written = .list([.string("$A ${B:?}"), .object([CanonicalValue.Field("k", .string("${A:-x}"))])])
        #expect(
            ConfigText.list(.variables, loaded, .yaml, separator: "-") == """
                NAME   REQUIRED   DEFAULT VALUE   ALTERNATE VALUE
                A      false      x
                B      true

                """)
        #expect(ConfigText.list(.variables, loaded, .json, separator: "-").contains("\"DefaultValue\": \"x\""))
    }
}
