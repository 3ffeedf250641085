import ComposeLoader
import Testing
import YAML

/// Every mistake is told in one run, and none that only follows from another.
@Suite struct IndependentMistakesTests {
    /// A file, and the place of each mistake with a word of its sentence.
    @Test(
        arguments: [
            (
                "services:\n  a: {image: x, imge: y}\n  b: {image: x, depends_on: [dbb]}\n  db: {image: x}\n",
                ["2:17 imge", "3:30 dbb"]
            ),
            (
                "services:\n  a: {image: x, tty: []}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [b]}\n",
                ["2:22 expected", "3:30 b -> c -> b"]
            ),
            (
                "services:\n  a: {image: x, ports: [x], volumes: ['data:/d']}\n", ["2:25 not a port", "2:39 data"]
            ),
            // What is wrong is not missing as well.
            ("services: {a: {image: x, networks: [n]}}\nnetworks: {n: 5}\n", ["2:15 expected"]),
            ("services: {a: {image: [], depends_on: [b]}, b: 5}\n", ["1:23 expected", "1:48 expected"]),
            ("services: {a: {image: x, extends: {service: []}}}\n", ["1:45 expected"]),
            ("services: {a: {image: '${I:?which}', tty: '${T:?t}'}}\n", ["1:23 which", "1:43 T"]),
            ("services: {a: {image: x, depends_on: {b: {condition: nope}}}, b: {image: y}}\n", ["1:54 nope"]),
            ("include: [no.yaml]\nservices: {a: {image: x, depends_on: [b]}}\n", ["1:11 no.yaml"]),
        ] as [(String, [String])])
    func mistakes(text: String, expected: [String]) throws {
        let failure = try #require(throws: LoadFailure.self) { try Loading.load(["compose.yaml": text]) }
        let errors = failure.diagnostics.filter { $0.severity == .error }
        try #require(errors.count == expected.count, "\(failure)")
        for (error, expected) in zip(errors, expected) {
            let parts = expected.split(separator: " ", maxSplits: 1)
            #expect("\(error.mark?.line ?? 0):\(error.mark?.column ?? 0)" == parts[0], "\(error)")
            #expect(error.message.contains(parts[1]), "\(error)")
        }
    }
}
