/// Things that need other things, and the orders that follow.
///
/// Results depend on the contents alone: nodes that are equally ready come in ascending order.
package struct DependencyGraph<Node: Hashable & Comparable & Sendable>: Sendable {
    private var needs: [Node: Set<Node>]

    /// Makes a graph; a node that is only needed is added too.
    package init(_ needs: [Node: Set<Node>] = [:]) {
        self.needs = needs
        for needed in needs.values {
            for node in needed where self.needs[node] == nil { self.needs[node] = [] }
        }
    }

    /// All nodes in ascending order.
    package var nodes: [Node] { needs.keys.sorted() }

    /// What `node` needs directly.
    package func needs(of node: Node) -> Set<Node> { needs[node] ?? [] }

    /// The same nodes with every arrow turned round: what has to be undone first.
    package var reversed: DependencyGraph {
        var turned: [Node: Set<Node>] = needs.mapValues { _ in [] }
        for (node, needed) in needs {
            for other in needed { turned[other, default: []].insert(node) }
        }
        return DependencyGraph(turned)
    }

    /// Everything that `roots` need, directly or not, the roots included.
    package func closure(of roots: some Sequence<Node>) -> Set<Node> {
        var reached: Set<Node> = []
        var pending = Array(roots)
        while let node = pending.popLast() {
            guard needs[node] != nil, reached.insert(node).inserted else { continue }
            pending.append(contentsOf: needs(of: node))
        }
        return reached
    }

    /// The nodes in groups: each needs only nodes of the groups before it. nil where there is a cycle.
    package func levels() -> [[Node]]? {
        let dependents = reversed
        var missing = needs.mapValues(\.count)
        var ready = nodes.filter { missing[$0] == 0 }
        var levels: [[Node]] = []
        var placed = 0
        while !ready.isEmpty {
            levels.append(ready)
            placed += ready.count
            var next: [Node] = []
            for node in ready {
                for dependent in dependents.needs(of: node) {
                    missing[dependent, default: 0] -= 1
                    if missing[dependent] == 0 { next.append(dependent) }
                }
            }
            ready = next.sorted()
        }
        return placed == needs.count ? levels : nil
    }

    /// The nodes so that each comes after what it needs. nil where there is a cycle.
    package func order() -> [Node]? { levels()?.flatMap { $0 } }

    /// A cycle as a closed path (`a, b, a`), nil where there is none. Each node is visited once, so shared parts of the
    /// graph cost nothing extra; the search keeps its own stack, so a long chain does not exhaust the thread's.
    package func cycle() -> [Node]? {
        var progress: [Node: Progress] = [:]
        for root in nodes where progress[root] == nil {
            var path: [(node: Node, rest: ArraySlice<Node>)] = []
            progress[root] = .entered
            path.append((root, needs(of: root).sorted()[...]))
            while var top = path.popLast() {
                guard let next = top.rest.popFirst() else {
                    progress[top.node] = .left
                    continue
                }
                path.append(top)
                switch progress[next] {
                case .left: continue
                case .entered:
                    let start = path.firstIndex { $0.node == next } ?? 0
                    return path[start...].map(\.node) + [next]
                case nil:
                    progress[next] = .entered
                    path.append((next, needs(of: next).sorted()[...]))
                }
            }
        }
        return nil
    }
}

private enum Progress { case entered, left }
