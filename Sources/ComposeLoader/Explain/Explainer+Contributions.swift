import ComposeModel
import YAML

extension Explainer {
    /// A leaf with every place that says something of it.
    func explanation(_ steps: [ModelStep]) -> Explanation {
        let final = history.model.at(steps, from: .root)
        let nodes = history.layers.map { node(of: $0, at: steps) }
        // An alias can bring one place into several layers: the last of them is the one that counts.
        let winner = nodes.lastIndex { node in
            guard let node, let final else { return false }
            return node.isSame(as: final)
        }
        var contributions = lines(of: steps)
        for (index, layer) in history.layers.enumerated() {
            if let removal = layer.removals.first(where: { !$0.isOverride && $0.covers(steps) }),
                nodes.indices.contains(where: { $0 < index && nodes[$0] != nil && isIn(scopeOf: index, $0) })
            {
                contributions.append(contribution(of: removal, layer))
            }
            guard let node = nodes[index] else { continue }
            let outcome = index == winner ? gain(of: index, steps) : fate(of: node, in: index, steps)
            contributions.append(contribution(of: node, layer, steps, outcome))
        }
        let value = finalValue(steps)
        if steps == [.key("name")], history.nameSource != nil {
            for index in contributions.indices { contributions[index].outcome = .leftOut }
        }
        let isSaid = contributions.contains { $0.outcome == .kept || $0.outcome == .appended }
        let isGone = value == nil && !contributions.isEmpty
        return Explanation(
            path: text(of: steps), value: value, contributions: contributions,
            reason: isSaid ? absence(of: steps) : isGone ? nil : convention(for: steps))
    }

    // MARK: Outcomes

    /// Whether what the layer resets concerns another one.
    private func isIn(scopeOf layer: Int, _ other: Int) -> Bool {
        guard let scope = history.layers[layer].scopes.last else { return false }
        return history.layers[other].scopes.contains(scope)
    }

    /// What a layer adds whose node is in the result.
    private func gain(of index: Int, _ steps: [ModelStep]) -> Contribution.Outcome {
        guard case .item? = steps.last else { return .kept }
        let list = Array(steps.dropLast())
        let earlier = history.layers[..<index]
        // It has the place of an equal one.
        if earlier.contains(where: { node(of: $0, at: steps) != nil }) { return .kept }
        let result = history.model.at(list, from: .root)?.items ?? []
        let isLater = earlier.contains { layer in
            node(of: layer, at: list)?.items?.contains { item in
                result.contains { $0.isSame(as: item) }
            } ?? false
        }
        return isLater ? .appended : .kept
    }

    /// What became of a node that is not in the result.
    private func fate(of node: Node, in index: Int, _ steps: [ModelStep]) -> Contribution.Outcome {
        if steps.first == .key("include") || steps.dropFirst(2).first == .key("extends") { return .carriedOut }
        if saysNothing(node, at: steps) { return .empty }
        for later in history.layers.indices.dropFirst(index + 1) {
            let layer = history.layers[later]
            if isIn(scopeOf: later, index), let removal = layer.removals.first(where: { $0.covers(steps) }) {
                let place = Contribution.Place(removal.mark)
                return removal.isOverride ? .overridden(by: place) : .removed(by: place)
            }
            if let next = self.node(of: layer, at: steps) {
                if !saysNothing(next, at: steps) { return .replaced(by: Contribution.Place(next.mark)) }
            } else if let mark = displacement(of: steps, by: layer) {
                return .replaced(by: Contribution.Place(mark))
            }
        }
        return .leftOut
    }

    /// Whether merging leaves what is below such a node as it is.
    private func saysNothing(_ node: Node, at steps: [ModelStep]) -> Bool {
        let place = place(of: steps)
        return node.isNull && !place.shape.allowsNull && !place.isWhole
    }

    /// The place in a layer that takes the place of all that the path is in, nil where there is none.
    private func displacement(of steps: [ModelStep], by layer: Layer) -> Mark? {
        for count in stride(from: steps.count - 1, to: layer.place.count - 1, by: -1) {
            let above = Array(steps[..<count])
            guard let node = node(of: layer, at: above) else { continue }
            if node.isNull { return nil }
            let place = place(of: above)
            if place.isWhole || node.text != nil { return node.mark }
            // What is not in the result although the mappings above it merge was of another driver.
            if case .sameDriver = place.rule, node.field("driver") != nil { return node.mark }
        }
        return nil
    }

    // MARK: Contributions

    private func contribution(
        of node: Node, _ layer: Layer, _ steps: [ModelStep], _ outcome: Contribution.Outcome
    ) -> Contribution {
        let written = quotes.text(at: node.mark, ofKey: steps.contains(.key("extra_hosts")))
        var contribution = Contribution(
            place: Contribution.Place(node.mark), source: layer.origin.source, layer: layer.origin.text,
            isAliased: isAliased(node, layer, steps), written: written, outcome: outcome)
        contribution.value = CanonicalValue(node, place(of: steps).shape)
        contribution.variables = variables(in: written ?? "", layer.environment)
        if node.isNull, case .key(let name)? = steps.last, isVariable(steps) {
            contribution.variables = [
                Contribution.Variable(
                    name: name, value: layer.environment.values[name], place: layer.environment[name])
            ]
        }
        return contribution
    }

    private func contribution(of removal: Removal, _ layer: Layer) -> Contribution {
        Contribution(
            place: Contribution.Place(removal.mark), source: layer.origin.source, layer: layer.origin.text,
            written: "!reset", outcome: .removes)
    }

    /// Whether a key without a value there is a variable of the environment.
    private func isVariable(_ steps: [ModelStep]) -> Bool {
        steps.count > 3 && steps[0] == .key("services")
            && (steps[2] == .key("environment") || steps[2...3] == [.key("build"), .key("args")])
    }

    /// Whether the node was written before a key above it: only an alias or a merge key brings that about.
    private func isAliased(_ node: Node, _ layer: Layer, _ steps: [ModelStep]) -> Bool {
        var above = layer.node
        for step in steps.dropFirst(layer.place.count) {
            guard case .key(let name) = step, let entry = above.mapping?.entry(name) else { return false }
            if entry.key.mark.file === node.mark.file,
                (entry.key.mark.line, entry.key.mark.column) > (node.mark.line, node.mark.column)
            {
                return true
            }
            above = entry.value
        }
        return false
    }

    private func variables(in text: String, _ environment: VariablePlaces) -> [Contribution.Variable] {
        var seen: Set<String> = []
        return VariableReference.references(in: text).filter { seen.insert($0.name).inserted }.map { reference in
            let value = environment.values[reference.name]
            let usesFallback =
                value == nil || (value == "" && text.contains("{\(reference.name):-"))
            return Contribution.Variable(
                name: reference.name, value: value, place: environment[reference.name],
                fallback: usesFallback && !reference.fallback.isEmpty ? reference.fallback : nil)
        }
    }

    // MARK: Lines of variables

    /// What the env files or label files of a service say of one of its variables or labels.
    private func lines(of steps: [ModelStep]) -> [Contribution] {
        guard steps.count == 4, case .key(let service) = steps[1], case .key(let attribute) = steps[2],
            case .key(let name) = steps[3], steps[0] == .key("services"),
            let source: Contribution.Source = ["environment": .envFile, "labels": .labelFile][attribute]
        else { return [] }
        let named = history.model.field("services")?.field(service)?.field(source.rawValue)?.items ?? []
        var found: [Contribution] = []
        for item in named {
            let path = item.field("path") ?? item
            guard let file = history.lineFiles[path.text ?? ""], let line = file.lines[name] else { continue }
            let written = file.text.indices.contains(line - 1) ? String(file.text[line - 1]) : nil
            let asked = Contribution.Place(path.mark)
            found.append(
                Contribution(
                    place: Contribution.Place(file: file.shown, line: line), source: source,
                    layer: "\(source == .envFile ? "env" : "label") file of \(service), named at \(asked)",
                    written: written, outcome: .kept, variables: variables(in: written ?? "", history.places)))
        }
        let own = history.model.at(steps, from: .root).map { Contribution.Place($0.mark) }
        for index in found.indices {
            let next = found.indices.contains(index + 1) ? found[index + 1].place : own
            if let next { found[index].outcome = .replaced(by: next) }
        }
        return found
    }
}

extension Contribution.Place: CustomStringConvertible {
    init(_ mark: Mark) { self.init(file: mark.file.path, line: mark.line, column: mark.column) }

    /// `compose.yaml:4:12`, or `.env:3`.
    package var description: String { "\(file):\(line)" + (column.map { ":\($0)" } ?? "") }
}

extension Node {
    /// Whether both were made of the same text. One port range makes several nodes at one place.
    fileprivate func isSame(as other: Node) -> Bool {
        mark.file === other.mark.file && mark.line == other.mark.line && mark.column == other.mark.column
            && text == other.text
    }
}

extension Removal {
    /// Whether it takes away what is at the path.
    fileprivate func covers(_ steps: [ModelStep]) -> Bool { steps.map(\.text).starts(with: path) }
}

extension Layer.Origin {
    fileprivate var source: Contribution.Source { extends.isEmpty ? includes.isEmpty ? .file : .include : .extends }

    /// What it is, for people.
    fileprivate var text: String {
        var parts: [String] = []
        if let last = extends.last {
            parts.append("service \(last.service), extended at \(Contribution.Place(last.mark))")
        }
        if let last = includes.last { parts.append("included at \(Contribution.Place(last))") }
        if parts.isEmpty || fileCount > 1 {
            parts.append(fileCount > 1 ? "file \(number) of \(fileCount)" : "the file")
        }
        if document > 1 { parts.append("document \(document)") }
        return parts.joined(separator: ", ")
    }
}
