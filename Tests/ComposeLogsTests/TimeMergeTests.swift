import SinkAPI
import Testing

@testable import ComposeLogs

@Suite struct TimeMergeTests {
    /// Merges batches, each source's one after the other, and gives the lines.
    private func merge(_ batches: [[[LogRecord]]], limit: Int = 3) -> [String] {
        var rest = batches
        var merge = TimeMerge()
        for number in rest.indices where !rest[number].isEmpty { merge.add(rest[number].removeFirst(), from: number) }
        var lines: [String] = []
        while !merge.isEmpty {
            var output: [LogRecord] = []
            let exhausted = merge.take(limit, into: &output)
            #expect(output.count <= limit)
            lines += output.map { String(decoding: $0.line, as: UTF8.self) }
            if let exhausted, !rest[exhausted].isEmpty { merge.add(rest[exhausted].removeFirst(), from: exhausted) }
        }
        return lines
    }

    @Test func ordersByTimeAcrossSources() {
        let lines = merge([
            [[record("a1", at: 1), record("a4", at: 4)], [record("a7", at: 7)]],
            [[record("b2", at: 2)], [record("b3", at: 3), record("b9", at: 9)]],
            [],
            [[record("c5", at: 5)]],
        ])
        #expect(lines == ["a1", "b2", "b3", "a4", "c5", "a7", "b9"])
    }

    @Test func breaksTiesByTheOrderOfSources() {
        let lines = merge([[[record("a", at: 1), record("a", at: 1)]], [[record("b", at: 1)]], [[record("c", at: 1)]]])
        #expect(lines == ["a", "a", "b", "c"])
    }

    @Test func keepsASourcesOwnOrder() {
        let lines = merge([
            [[record("a5", at: 5), record("a3", at: 3), record("a0")], [record("a4", at: 4), record("a8", at: 8)]],
            [[record("b1", at: 1), record("b6", at: 6)]],
        ])
        #expect(lines == ["b1", "a5", "a3", "a0", "a4", "b6", "a8"])
    }

    @Test func mergesManySourcesCompletely() {
        var state: UInt64 = 1
        func random(_ bound: UInt64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % bound)
        }
        let batches = (0..<37).map { source -> [[LogRecord]] in
            var time: Int64 = 0
            return (0..<5).map { _ in
                (0...random(9)).map { _ in
                    time += random(4)
                    return record("\(time) \(source)", at: time)
                }
            }
        }
        let lines = merge(batches, limit: 16)
        let keys = lines.map { $0.split(separator: " ").compactMap { Int($0) } }
        #expect(lines.count == batches.joined().joined().count)
        #expect(zip(keys, keys.dropFirst()).allSatisfy { ($0[0], $0[1]) <= ($1[0], $1[1]) })
    }
}
