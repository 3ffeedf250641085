import ComposeLoader
import ComposeModel
import Testing

/// `config --no-interpolate`: values as they are written.
@Suite struct WrittenModelTests {
    private func model(_ files: [String: String]) throws -> String {
        let loaded = try Loading.load(files) { $0.interpolates = false }
        let written = try #require(loaded.written)
        return String(decoding: (written["services"]?["a"] ?? .null).json(), as: UTF8.self)
    }

    @Test(
        arguments: [
            ("command: 'run $X && y'", #"{"command":"run $X && y","networks":{"default":null}}"#),
            ("environment: [A=$A, B]", #"{"environment":["A=$A","B"],"networks":{"default":null}}"#),
            ("mem_limit: 512m, cpus: 1.50", #"{"cpus":1.5,"mem_limit":"512m","networks":{"default":null}}"#),
            (
                "build: '${DIR}/src'",
                #"{"build":{"context":"/work/demo/${DIR}/src","dockerfile":"Dockerfile"},"networks":{"default":null}}"#
            ),
            (
                "volumes: ['${D:-data}:/d:ro']",
                #"{"networks":{"default":null},"volumes":[{"read_only":true,"source":"${D:-data}","target":"/d","type":"volume","volume":{}}]}"#
            ),
            ("ports: ['80:80', '$P:81']", #"{"networks":{"default":null},"ports":["80:80","$P:81"]}"#),
            ("stop_grace_period: soon", #"{"networks":{"default":null},"stop_grace_period":"soon"}"#),
            (
                "environment: {HOME: , X: }, build: {context: /c, args: [HOME, X]}",
                #"{"build":{"args":["HOME=/home/user"],"context":"/c","dockerfile":"Dockerfile"},"environment":{"HOME":"/home/user","X":null},"networks":{"default":null}}"#
            ),
            (
                "network_mode: 'service:b', env_file: e.env",
                #"{"depends_on":{"b":{"condition":"service_started","required":true,"restart":true}},"env_file":[{"path":"/work/demo/e.env","required":true}],"network_mode":"service:b"}"#
            ),
        ])
    func valuesStay(attributes: String, expected: String) throws {
        let plain = expected.replacing("&", with: "\\u0026")
        #expect(try model(["compose.yaml": "services: {a: {\(attributes)}}"]) == plain)
    }

    @Test func mergedVariablesAreLines() throws {
        let files = [
            "compose.yaml": "services: {a: {network_mode: none, environment: {B: 1, A: $A}}}",
            "compose.override.yaml": "services: {a: {environment: [C, A=2]}}",
        ]
        #expect(try model(files) == #"{"environment":["A=2","B=1","C"],"network_mode":"none"}"#)
    }

    @Test(arguments: [("", nil), ("name: My Name\n", .string("My Name"))] as [(String, CanonicalValue?)])
    func withoutNormalizingTheNameIsTheFiles(text: String, expected: CanonicalValue?) throws {
        let loaded = try Loading.load(["compose.yaml": text + "services: {a: {image: x}}"]) {
            $0.interpolates = false
            $0.normalizes = false
        }
        #expect(try #require(loaded.written)["name"] == expected)
    }

    @Test func typesAreStillJudged() {
        #expect(
            Loading.report(["compose.yaml": "services: {a: {image: 5, tty: $T}}"]) { $0.interpolates = false }
                .hasPrefix("compose.yaml:1:23: services.a.image: expected a string, found the number 5"))
    }

    @Test func references() {
        let found = VariableReference.references(in: "$A ${B:-x$C} ${D?why} ${E+alt} $$F ${G")
        #expect(
            found == [
                VariableReference(name: "A"), VariableReference(name: "B", fallback: "x$C"),
                VariableReference(name: "C"),
                VariableReference(name: "D", isRequired: true), VariableReference(name: "E", alternate: "alt"),
            ])
    }
}
