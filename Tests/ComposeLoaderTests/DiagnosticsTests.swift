import ComposeLoader
import Testing

@Suite struct DiagnosticsTests {
    @Test func everyMistakeOfOneRunWithItsPlace() {
        let text = """
            services:
              web:
                image: x
                depends_on: [dbb, cache]
                networks: [frnt]
                volumes: ["data:/d"]
                network_mode: service:nobody
              db: {image: x}
              cache:
                command: run
            networks: {front: {}}
            """
        let expected = """
            compose.yaml:4:18: services.web.depends_on: the service "dbb" is not defined (did you mean "db"?)
                    depends_on: [dbb, cache]
                                 ^
            compose.yaml:5:16: services.web.networks: the network "frnt" is not defined (did you mean "front"?)
                    networks: [frnt]
                               ^
            compose.yaml:6:15: services.web.volumes: the volume "data" is not defined (define it under the top-level "volumes")
                    volumes: ["data:/d"]
                              ^
            compose.yaml:7:5: services.web.network_mode: "network_mode" and "networks" exclude each other (keep one of them)
                    network_mode: service:nobody
                    ^
            compose.yaml:7:19: services.web.network_mode: the service "nobody" is not defined
                    network_mode: service:nobody
                                  ^
            compose.yaml:9:3: services.cache: the service has neither "image" nor "build" (name the image to run)
                  cache:
                  ^
            """
        #expect(Loading.report(["compose.yaml": text]) == expected)
    }

    @Test(arguments: [
        (
            "services: {a: {imge: x}}",
            """
            compose.yaml:1:16: services.a: "imge" is not known here (did you mean "image"?)
                services: {a: {imge: x}}
                               ^
            """
        ),
        (
            "services: {a: {image: 5}}",
            """
            compose.yaml:1:23: services.a.image: expected a string, found the number 5 (put it in quotes: "5")
                services: {a: {image: 5}}
                                      ^
            """
        ),
        (
            "services: {a: {image: x, stop_grace_period: '90'}}",
            """
            compose.yaml:1:45: services.a.stop_grace_period: "90" has no unit (write "90s" for 90 seconds)
                services: {a: {image: x, stop_grace_period: '90'}}
                                                            ^
            """
        ),
        (
            "services: {a: {image: x, ports: ['99999']}}",
            """
            compose.yaml:1:34: services.a.ports.0: "99999" in "99999" is not a port or a range of ports from 0 to 65535 \
            (ports are written [ADDRESS:][HOST:]CONTAINER[/PROTOCOL])
                services: {a: {image: x, ports: ['99999']}}
                                                 ^
            """
        ),
        (
            "services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}",
            """
            compose.yaml:1:39: services.a.depends_on: services depend on each other: a -> b -> a
                services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}
                                                      ^
            """
        ),
        (
            "services: {a: {image: x, container_name: cc, scale: 2}, b: {image: x, container_name: cc}}",
            """
            compose.yaml:1:46: services.a.scale: 2 replicas cannot all be called "cc" (remove "container_name")
                services: {a: {image: x, container_name: cc, scale: 2}, b: {image: x, container_name: cc}}
                                                             ^
            compose.yaml:1:87: services.b.container_name: "cc" is the name of a's container too
                services: {a: {image: x, container_name: cc, scale: 2}, b: {image: x, container_name: cc}}
                                                                                                      ^
            """
        ),
        (
            "services: {a: {image: '${TAG:?give a tag}', user: '${'}}",
            """
            compose.yaml:1:23: services.a.image: the required variable TAG is missing a value: give a tag
                services: {a: {image: '${TAG:?give a tag}', user: '${'}}
                                      ^
            compose.yaml:1:51: services.a.user: "${" is not a reference to a variable (write $$ for a dollar)
                services: {a: {image: '${TAG:?give a tag}', user: '${'}}
                                                                  ^
            """
        ),
        (
            "services: {a: {image: x, env_file: no.env}}",
            """
            compose.yaml:1:36: services.a.env_file: the env file no.env cannot be read: there is no such file
                services: {a: {image: x, env_file: no.env}}
                                                   ^
            """
        ),
        (
            "services: {a: {image: x, extends: b}, b: {extends: a}}",
            """
            compose.yaml:1:35: services.a.extends: services extend each other: a -> b -> a
                services: {a: {image: x, extends: b}, b: {extends: a}}
                                                  ^
            """
        ),
        (
            "services: {a: {image: x, command: 'a && b', volumes: ['v:/v'], user: $NOBODY}}",
            """
            compose.yaml:1:38: warning: services.a.command: the command ends at "&", because no shell runs it; what follows \
            is ignored (write ["sh", "-c", "..."] to have a shell run the whole line) [command-operator]
                services: {a: {image: x, command: 'a && b', volumes: ['v:/v'], user: $NOBODY}}
                                                     ^
            compose.yaml:1:55: warning: services.a.volumes.0: one letter before a colon is taken for a Windows drive, not for \
            a volume's name (give the volume a longer name, or use the long form) [windows-drive]
                services: {a: {image: x, command: 'a && b', volumes: ['v:/v'], user: $NOBODY}}
                                                                      ^
            compose.yaml:1:70: warning: services.a.user: the variable NOBODY is not set; it is read as empty \
            (write ${NOBODY:-default} to give a default) [unset-variable]
                services: {a: {image: x, command: 'a && b', volumes: ['v:/v'], user: $NOBODY}}
                                                                                     ^
            """
        ),
        ("", "compose.yaml:1:1: nothing is in compose.yaml (a project needs \"services:\")\n    \n    ^"),
        (
            "services: {a: {image: x, labels: {true: 1}}}",
            """
            compose.yaml:1:35: services.a.labels: the key true is no string (put it in quotes: "true")
                services: {a: {image: x, labels: {true: 1}}}
                                                  ^
            """
        ),
    ])
    func aMistakeAndItsSentence(text: String, expected: String) {
        #expect(Loading.report(["compose.yaml": text]) == expected)
    }

    /// What Docker Compose would fetch from elsewhere.
    @Test(arguments: [
        ("include: ['https://example.com/a.git#v1']\n", "compose.yaml:1:11: include.0: ", "clone the repository"),
        ("include: [{path: ['git@example.com:a/b']}]\n", "compose.yaml:1:11: include.0: ", "clone the repository"),
        ("include: ['oci://example.com/a:1']\n", "compose.yaml:1:11: include.0: ", "config"),
        (
            "services: {a: {extends: {file: 'https://example.com/a.yaml', service: a}}}\n",
            "compose.yaml:1:25: services.a.extends: ", "download it"
        ),
    ])
    func whatIsElsewhereIsNotFetched(text: String, place: String, advice: String) {
        let report = Loading.report(["compose.yaml": text])
        #expect(report.hasPrefix(place) && report.contains("not supported") && report.contains(advice), "\(report)")
        for address in ["oci://example.com/a:1", "github.com/a/b"] {
            #expect(Loading.report([:]) { $0.files = [address] }.hasPrefix(address + " cannot be read: "))
            #expect(
                Loading.report([:]) { $0.environment["COMPOSE_FILE"] = address }.hasPrefix(address + " cannot be read"))
        }
    }

    /// What Docker Compose passes over is no mistake, but hardly meant.
    @Test(arguments: [
        ("include: [{path: o.yaml, pth: 1}]", "compose.yaml:1:26: warning: include.0: \"pth\" is not known here"),
        (
            "services: {a: {image: x, restart: Always}}",
            "compose.yaml:1:35: warning: services.a.restart: \"Always\" is no restart policy"
        ),
    ])
    func whatIsPassedOverIsToldOf(text: String, expected: String) {
        let report = Loading.report(["compose.yaml": text, "o.yaml": "services: {b: {image: x}}"])
        #expect(report.hasPrefix(expected), "\(report)")
    }

    @Test func noFile() {
        #expect(
            Loading.report([:]) == "there is no compose.yaml in /work/demo or the folders above it "
                + "(name a file with --file, or change to the project's folder)")
    }

    @Test func theOverridesOwnLineIsShown() {
        let files = [
            "compose.yaml": "services: {a: {image: x}}\n", "compose.override.yaml": "services:\n  a:\n    tty: [1]\n",
        ]
        #expect(
            Loading.report(files) == """
                compose.override.yaml:3:10: services.a.tty: expected true or false, found a list
                        tty: [1]
                             ^
                """)
    }

    @Test func aLongLineIsCutRoundTheCaret() {
        let text = "services: {a: {image: x, labels: {k: '\(String(repeating: "y", count: 300))'}, imge: z}}"
        let lines = Loading.report(["compose.yaml": text]).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count <= 200 })
        let caret = lines[2].count - 1
        #expect(Array(lines[1])[caret...].starts(with: "imge"))
    }
}
