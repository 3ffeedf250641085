import ComposeGraph
import Testing

@Suite struct DependencyGraphTests {
    private let diamond = DependencyGraph(["web": ["api", "cache"], "api": ["db"], "cache": ["db"], "alone": []])

    @Test func levelsPutEachNodeAfterWhatItNeeds() {
        #expect(diamond.levels() == [["alone", "db"], ["api", "cache"], ["web"]])
        #expect(diamond.order() == ["alone", "db", "api", "cache", "web"])
    }

    @Test func aNodeThatIsOnlyNeededIsInTheGraph() {
        #expect(DependencyGraph(["a": ["b"]]).nodes == ["a", "b"])
        #expect(DependencyGraph<String>().levels() == [])
    }

    @Test func reversedTurnsEveryArrow() {
        #expect(diamond.reversed.levels() == [["alone", "web"], ["api", "cache"], ["db"]])
        #expect(diamond.reversed.needs(of: "db") == ["api", "cache"])
        #expect(diamond.reversed.reversed.levels() == diamond.levels())
    }

    @Test func closureHasRootsAndAllTheyNeed() {
        #expect(diamond.closure(of: ["api"]) == ["api", "db"])
        #expect(diamond.closure(of: ["web", "alone"]) == ["web", "api", "cache", "db", "alone"])
        #expect(diamond.closure(of: ["unknown"]).isEmpty)
    }

    @Test(
        arguments: [
            (["a": ["a"]], ["a", "a"]),
            (["a": ["b"], "b": ["a"]], ["a", "b", "a"]),
            (["a": ["b"], "b": ["c"], "c": ["b"]], ["b", "c", "b"]),
            (["z": ["a"], "a": ["m", "b"], "b": ["z"], "m": []], ["a", "b", "z", "a"]),
        ] as [([String: Set<String>], [String])])
    func aCycleIsAClosedPath(needs: [String: Set<String>], expected: [String]) {
        let graph = DependencyGraph(needs)
        #expect(graph.cycle() == expected)
        #expect(graph.levels() == nil)
        #expect(graph.order() == nil)
    }

    @Test func aDiamondIsNoCycle() {
        #expect(diamond.cycle() == nil)
    }

    @Test func aLongChainNeedsNoStack() {
        let count = 10_000
        var needs: [Int: Set<Int>] = [:]
        for node in 1..<count { needs[node] = [node - 1] }
        #expect(DependencyGraph(needs).cycle() == nil)
        #expect(DependencyGraph(needs).order() == Array(0..<count))
        needs[0] = [count - 1]
        #expect(DependencyGraph(needs).cycle()?.count == count + 1)
    }

    /// A stack of diamonds has 2^60 paths; each node must be visited once.
    @Test func sharedPartsAreVisitedOnce() {
        var needs: [Int: Set<Int>] = [:]
        for level in 0..<60 {
            needs[level * 3] = [level * 3 + 1, level * 3 + 2]
            needs[level * 3 + 1] = [level * 3 + 3]
            needs[level * 3 + 2] = [level * 3 + 3]
        }
        let graph = DependencyGraph(needs)
        #expect(graph.cycle() == nil)
        #expect(graph.levels()?.count == 121)
        #expect(graph.closure(of: [0]).count == 181)
    }
}
