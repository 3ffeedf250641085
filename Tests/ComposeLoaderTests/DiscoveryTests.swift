import ComposeLoader
import ComposeModel
import Testing

@Suite struct DiscoveryTests {
    private let text = "services: {a: {image: \"${I:-none}\"}}\n"

    @Test func aFileAboveIsFoundAndNamesTheProject() throws {
        let files = ["/work/top/compose.yml": text, "/work/top/.env": "I=top\n", "/work/top/sub/deep/.env": "I=deep\n"]
        let project = try Loading.load(files) { $0.workingDirectory = "/work/top/sub/deep" }.project
        #expect(project.name == "top")
        #expect(project.workingDirectory == "/work/top")
        #expect(project.services["a"]?.image == "deep")
    }

    @Test func theFirstNameWinsWithAWarning() {
        let report = Loading.report(["compose.yaml": text, "docker-compose.yml": text])
        #expect(report.contains("compose.yaml is read and the others are ignored"))
    }

    @Test func namesInTheirOrder() throws {
        let named = "name: In File\n" + text
        #expect(try Loading.project(named).name == "infile")
        #expect(try Loading.project(named) { $0.environment["COMPOSE_PROJECT_NAME"] = "env" }.name == "env")
        let both = try Loading.project(named) {
            $0.environment["COMPOSE_PROJECT_NAME"] = "env"
            $0.projectName = "option"
        }
        #expect(both.name == "option")
        #expect(try Loading.project("name: x$COMPOSE_PROJECT_NAME\nservices: {}\n").name == "x")
    }

    @Test(arguments: [("option", ["e1", "e2"]), ("variable", [])])
    func environmentFiles(expected: String, arguments: [String]) throws {
        let files = ["compose.yaml": text, "e1": "I=first\nJ=option\n", "e2": "I=$J\n", "e3": "I=variable\n"]
        let project = try Loading.load(files) {
            $0.environmentFiles = arguments
            $0.environment["COMPOSE_ENV_FILES"] = "e3"
        }.project
        #expect(project.services["a"]?.image == expected)
    }

    @Test func theProcessIsStrongerThanFiles() throws {
        let files = ["compose.yaml": text, ".env": "I=file\n"]
        #expect(try Loading.load(files) { $0.environment["I"] = "process" }.project.services["a"]?.image == "process")
        let disabled = try Loading.load(files) { $0.environment["COMPOSE_DISABLE_ENV_FILE"] = "1" }
        #expect(disabled.project.services["a"]?.image == "none")
    }

    @Test func theWorkingFolderIsAVariable() throws {
        let text = "services: {a: {image: '$PWD'}}"
        #expect(try Loading.project(text).services["a"]?.image == "/work/demo")
        #expect(try Loading.project(text) { $0.environment["PWD"] = "/w" }.services["a"]?.image == "/w")
    }

    @Test func filesFromTheEnvironment() throws {
        let files = [
            "a.yaml": text, "b.yaml": "services: {b: {image: y}}\n",
            ".env": "COMPOSE_FILE=a.yaml,b.yaml\nCOMPOSE_PATH_SEPARATOR=,\n",
        ]
        #expect(try Loading.load(files).project.services.keys.sorted() == ["a", "b"])
    }

    @Test func standardInput() throws {
        let project = try Loading.load([:]) {
            $0.files = ["-"]
            $0.standardInput = Array(text.utf8)
        }.project
        #expect(project.workingDirectory == "/work/demo")
        #expect(project.services["a"]?.image == "none")
    }

    @Test func profiles() throws {
        let text = """
            services:
              always: {image: x}
              debug: {image: x, profiles: [debug]}
              other: {image: x, profiles: [other], depends_on: [always]}
            """
        let none = try Loading.project(text)
        #expect(none.services.keys.sorted() == ["always"])
        #expect(none.disabledServices == ["debug", "other"])
        #expect(try Loading.project(text) { $0.profiles = ["debug"] }.services.keys.sorted() == ["always", "debug"])
        #expect(try Loading.project(text) { $0.environment["COMPOSE_PROFILES"] = "*" }.services.count == 3)
        let unnamed = "services: {a: {image: x, profiles: [a, '']}}"
        #expect(try Loading.project(unnamed).services.count == 1)
        #expect(try Loading.project(unnamed) { $0.profiles = ["b"] }.services.isEmpty)
        #expect(try Loading.project(text) { $0.services = ["other"] }.services.keys.sorted() == ["always", "other"])
        // A service that the command leaves out is declared all the same: its container is no orphan.
        #expect(try Loading.project(text) { $0.services = ["always"] }.disabledServices == ["debug", "other"])
        let two = "services: {a: {image: x}, b: {image: x}}"
        #expect(try Loading.project(two) { $0.services = ["a"] }.disabledServices == ["b"])
    }

    @Test func variablesOfAService() throws {
        let files = [
            "compose.yaml": """
            services:
              a:
                image: x
                env_file: [one.env, {path: two.env}, {path: none.env, required: false}]
                environment: [OWN=own, BARE, GONE]
            """,
            "one.env": "A=1\nB=1\nOWN=file\nGONE=file\n", "two.env": "B=2-$A-$OWN-$BARE\n",
        ]
        let loaded = try Loading.load(files) { $0.environment["BARE"] = "host" }
        let environment = try #require(loaded.project.services["a"]).environment
        #expect(environment == ["A": "1", "B": "2-1-own-host", "OWN": "own", "BARE": "host", "GONE": nil])
    }
}
