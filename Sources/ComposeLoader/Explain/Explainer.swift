import ComposeModel
import YAML

/// Says where the values of a project come from.
///
/// It only looks: the layers that loading kept, the tree they were merged to, and the finished project. What became of a
/// contribution follows from comparing the places of nodes, so it holds whatever the rule was that merged them.
package struct Explainer {
    let history: ModelHistory
    let project: Project
    private let canonical: CanonicalValue
    /// What was written where, by place.
    let quotes: QuoteIndex

    /// Leaves below one path. More would scroll the first ones away; a longer path shows the others.
    private static let limit = 200

    /// A path that the project does not have.
    package struct UnknownPath: Error, CustomStringConvertible {
        package var description: String
    }

    /// nil for a project that was loaded without its history.
    package init?(_ loaded: LoadedProject) {
        guard let history = loaded.history else { return nil }
        self.history = history
        project = loaded.project
        canonical = loaded.project.canonical
        quotes = QuoteIndex(history.layers)
    }

    /// What is said of a path, or of each value below it; and how many values there are beyond those.
    ///
    /// - Throws: ``UnknownPath`` with the nearest path that exists; ``ModelPath/Fault`` for a text that is no path.
    package func explain(_ text: String) throws -> (explanations: [Explanation], omitted: Int) {
        let steps = try resolve(try ModelPath.parse(text), text)
        var leaves: [[ModelStep]] = []
        collect(steps, place(of: steps), into: &leaves)
        let shown = leaves.prefix(Explainer.limit).map(explanation)
        return (shown, leaves.count - shown.count)
    }

    // MARK: The path

    private func resolve(_ parts: [ModelPath.Part], _ text: String) throws(UnknownPath) -> [ModelStep] {
        var rest = parts[...]
        var steps: [ModelStep] = []
        if next(rest, after: []) == nil, next(rest, after: [.key("services")]) != nil { steps = [.key("services")] }
        while !rest.isEmpty {
            guard let (step, count) = next(rest, after: steps) else { throw unknown(rest, after: steps) }
            steps.append(step)
            rest = rest.dropFirst(count)
        }
        return steps
    }

    /// The longest run of parts that names something: dots may belong to a name.
    private func next(_ parts: ArraySlice<ModelPath.Part>, after steps: [ModelStep]) -> (ModelStep, Int)? {
        let names = names(steps)
        let items = items(steps)
        for count in stride(from: parts.count, to: 0, by: -1) {
            let run = parts.prefix(count)
            if count > 1, run.contains(where: \.isQuoted) { continue }
            let name = run.map(\.text).joined(separator: ".")
            if names.contains(name) { return (.key(name), count) }
            if let number = Int(name), items.indices.contains(number) { return (items[number].step, count) }
            if let item = items.first(where: { $0.node.isCalled(name) }) { return (item.step, count) }
        }
        return nil
    }

    private func unknown(_ parts: ArraySlice<ModelPath.Part>, after steps: [ModelStep]) -> UnknownPath {
        let place = self.text(of: steps)
        let name = parts.first?.text ?? ""
        let known = names(steps)
        if known.isEmpty, items(steps).isEmpty {
            return UnknownPath(description: "\(place) is a value without parts: it has no \"\(name)\"")
        }
        var message = steps.isEmpty ? "the project has no \"\(name)\"" : "\(place) has no \"\(name)\""
        let candidates = steps.isEmpty ? known + names([.key("services")]) : known
        if let closest = Suggestion.closest(to: name, among: candidates) {
            let full = known.contains(closest) ? steps : [.key("services")]
            message += " (did you mean \"\(self.text(of: full + [.key(closest)]))\"?)"
        } else if !items(steps).isEmpty {
            message += " (its items are \(place)[0] to \(place)[\(items(steps).count - 1)])"
        } else if known.count <= 12 {
            message += " (it has \(known.joined(separator: ", ")))"
        }
        return UnknownPath(description: message)
    }

    /// The path of steps, as a command line takes it.
    func text(of steps: [ModelStep]) -> String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .key(let name): text += (text.isEmpty ? "" : ".") + ModelPath.quoted(name)
            case .item(_, let number?): text += "[\(number)]"
            case .item(.name(let name), nil): text += ".\(ModelPath.quoted(name))"
            case .item(.place, nil): text += "[-]"
            }
        }
    }

    // MARK: What there is

    func place(of steps: [ModelStep]) -> SchemaPlace { steps.reduce(.root) { $0.below($1) } }

    /// The nodes at a path: the merged one, then those of the layers.
    private func nodes(_ steps: [ModelStep]) -> [Node] {
        [history.model.at(steps, from: .root)].compactMap { $0 } + history.layers.compactMap { node(of: $0, at: steps) }
    }

    /// What a layer has at a path.
    func node(of layer: Layer, at steps: [ModelStep]) -> Node? {
        let prefix = layer.place.map(ModelStep.key)
        guard steps.starts(with: prefix) else { return nil }
        return layer.node.at(steps[prefix.count...], from: place(of: prefix))
    }

    /// The names below a path, in the schema's order or sorted.
    private func names(_ steps: [ModelStep]) -> [String] {
        var found: Set<String> = []
        for node in nodes(steps) { found.formUnion(node.mapping?.entries.map(\.key.name) ?? []) }
        // The layers of services alone have a place.
        for layer in history.layers where layer.place.count > steps.count {
            let prefix = layer.place.map(ModelStep.key)
            if prefix.starts(with: steps) { found.insert(layer.place[steps.count]) }
        }
        if case .object(let fields)? = value(at: steps) { found.formUnion(fields.map(\.name)) }
        if case .object(let object) = place(of: steps).shape.long {
            let known = object.order.filter { found.remove($0) != nil }
            return known + found.sorted()
        }
        return found.sorted()
    }

    /// The items below a path: those of the merged list, then those that are gone.
    private func items(_ steps: [ModelStep]) -> [(step: ModelStep, node: Node)] {
        let place = place(of: steps)
        var found: [(step: ModelStep, node: Node)] = []
        for (number, item) in (history.model.at(steps, from: .root)?.items ?? []).enumerated() {
            found.append((.item(ItemIdentity(item, place.shape, place.rule), number: number), item))
        }
        for layer in history.layers {
            for item in node(of: layer, at: steps)?.items ?? [] {
                let identity = ItemIdentity(item, place.shape, place.rule)
                let isKnown = found.contains {
                    if case .item(identity, _) = $0.step { true } else { false }
                }
                if !isKnown { found.append((.item(identity, number: nil), item)) }
            }
        }
        return found
    }

    private func collect(_ steps: [ModelStep], _ place: SchemaPlace, into leaves: inout [[ModelStep]]) {
        if case .item? = steps.last { return leaves.append(steps) }
        let names = names(steps)
        if !names.isEmpty {
            for path in names.map({ steps + [.key($0)] }) where saysSomething(path) {
                collect(path, self.place(of: path), into: &leaves)
            }
            return
        }
        let items = place.isWhole ? [] : items(steps)
        if items.isEmpty { leaves.append(steps) } else { leaves += items.map { steps + [$0.step] } }
    }

    /// Whether a file has the path, or it has a value: some are printed empty in every project.
    private func saysSomething(_ steps: [ModelStep]) -> Bool {
        if !nodes(steps).isEmpty { return true }
        switch value(at: steps) {
        case .null: return steps.first != .key("services") || steps.count > 3
        case let value?: return !value.isEmptyCollection
        // The part of a service that only a layer of its own has.
        case nil: return true
        }
    }

    // MARK: Values

    /// The project's value at a path without list items, nil where it has none.
    private func value(at steps: [ModelStep]) -> CanonicalValue? {
        var value = canonical
        for step in steps {
            // What no service uses is not in the project; where it is, a blkio limit has its Go name.
            guard case .key(let name) = step,
                let next = value[name] ?? value[name.prefix(1).uppercased() + name.dropFirst()]
            else { return nil }
            value = next
        }
        return value
    }

    /// The value that a path has in the end.
    func finalValue(_ steps: [ModelStep]) -> CanonicalValue? {
        if let value = value(at: steps) { return value }
        let node = history.model.at(steps, from: .root)
        return node.map { CanonicalValue($0, place(of: steps).shape) }
    }
}
