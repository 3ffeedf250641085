import Glibc
import Testing
import YAML

@Suite struct YAMLLimitsTests {
    private static let megabytes = 10 * 1024 * 1024

    @Test(arguments: ["[", "{a: ", "- ", "? ", "!x [", "&a [", "[{a: "])
    func depthStopsNesting(opening: String) {
        let text = String(repeating: opening, count: Self.megabytes / opening.utf8.count)
        let code = failure(text)?.code
        #expect(code == (opening == "? " ? .complexKey : .tooDeep))
    }

    /// Whole trees must come and go on a thread with little stack.
    @Test func deepestTreeFitsASmallStack() {
        let depth = YAMLLimits().depth
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let work = Work { (try? parse(text).count) ?? 0 }
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        defer { pthread_attr_destroy(attributes) }
        pthread_attr_setstacksize(attributes, 512 * 1024)
        var thread: pthread_t = 0
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().run() }
            return nil
        }
        #expect(pthread_create(&thread, attributes, body, Unmanaged.passUnretained(work).toOpaque()) == 0)
        pthread_join(thread, nil)
        #expect(work.result == 1)
    }

    /// A computation to run on another thread, which is joined before the result is read.
    private final class Work {
        private let compute: () -> Int
        private(set) var result = 0

        init(_ compute: @escaping () -> Int) { self.compute = compute }
        func run() { result = compute() }
    }

    @Test func depthCountsWhatAliasesHide() {
        var text = "a0: &a0 [x]\n"
        for level in 1...YAMLLimits().depth { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(failure(text)?.code == .tooDeep)
    }

    @Test func depthIsExact() throws {
        var limits = YAMLLimits()
        limits.depth = 3
        #expect(try parse("[[[x]]]", limits: limits).count == 1)
        #expect(failure("[[[[x]]]]", limits: limits)?.mark.place == "1:4")
        #expect(try parse("[&a [x], [*a]]", limits: limits).count == 1)
        #expect(failure("[&a [x], [[*a]]]", limits: limits)?.mark.place == "1:12")
    }

    @Test func aliasBombIsRefused() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(failure(text)?.code == .expansionTooLarge)
    }

    @Test func mergeBombIsRefused() {
        var text = "a0: &a0 {k0: 1}\n"
        for level in 1...40 { text += "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1)], k\(level): 1}\n" }
        #expect(failure(text)?.code == .expansionTooLarge)
    }

    @Test func longTextThroughAliasesIsRefused() {
        let text = "- &a " + String(repeating: "x", count: 1 << 20) + "\n" + String(repeating: "- *a\n", count: 40)
        #expect(failure(text)?.code == .expansionTooLarge)
    }

    @Test func longTextThroughTagsIsRefused() {
        let prefix = String(repeating: "x", count: 1 << 20)
        let text = "%TAG !a! \(prefix)\n---\n" + String(repeating: "- !a!b c\n", count: 40)
        #expect(failure(text)?.code == .expansionTooLarge)
    }

    @Test func manyTagDirectivesAreRefused() {
        let text = (0..<100_000).map { "%TAG !a\($0)! x\n" }.joined()
        #expect(failure(text + "---\n")?.code == .tooManyDirectives)
        #expect(failure(text + "---\n")?.mark.line == YAMLLimits().tagDirectives + 1)
    }

    @Test func nodesAreCounted() throws {
        var limits = YAMLLimits()
        limits.nodes = 4
        #expect(try parse("[a, b, c]", limits: limits).count == 1)
        #expect(failure("[a, b, {}, {}]", limits: limits)?.code == .tooManyNodes)
        #expect(failure("{a: b, c: d}", limits: limits)?.mark.place == "1:11")
    }

    @Test func fileSizeIsChecked() {
        var limits = YAMLLimits()
        limits.fileSize = 3
        #expect(failure("a: b", limits: limits)?.code == .fileTooLarge)
        #expect(throws: YAMLError.self) { try SourceFile(path: "x", bytes: Array("a: b".utf8), limits: limits) }
    }

    @Test func realisticAnchorsAreWithinTheLimits() throws {
        var text = "x-env: &env\n"
        for index in 0..<100 { text += "  KEY_\(index): value \(index)\n" }
        text += "x-base: &base\n  restart: always\n  environment: *env\nservices:\n"
        for index in 0..<1000 { text += "  s\(index):\n    <<: *base\n    image: x\n" }
        let services = try #require(try parse(text).first?.mapping?["services"]?.mapping)
        #expect(services.entries.count == 1000)
        #expect(services["s999"]?.mapping?["environment"]?.mapping?.entries.count == 100)
    }

    @Test func longScalarsAreRead() throws {
        let long = String(repeating: "x", count: Self.megabytes)
        for text in [long, "'\(long)'", "|\n  \(long)", "a: \(long)"] { #expect(try parse(text).count == 1) }
    }
}
