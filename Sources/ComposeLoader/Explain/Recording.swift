import YAML

/// What a reader needs to say where its layers come from. There is none where nobody asks.
struct Recording {
    let recorder: LayerRecorder
    /// Where the reader's variables were set.
    var environment: VariablePlaces
    /// The entries of `include` that lead to the reader's files, outermost first.
    var includes: [Mark] = []
    /// The readings that this one is a part of, and this one.
    var scopes: [Int]

    init(environment: VariablePlaces) {
        recorder = LayerRecorder()
        self.environment = environment
        scopes = [recorder.newScope()]
    }

    /// Notes a document.
    ///
    /// - Parameters:
    ///   - written: As it was parsed.
    ///   - node: In its long form.
    func add(_ written: Node, _ node: Node, from origin: Layer.Origin) {
        var node = node
        if !includes.isEmpty, let mapping = node.mapping {
            node.content = .mapping(Mapping(mapping.entries.filter { Includer.kinds.contains($0.key.name) }))
        }
        var origin = origin
        origin.includes = includes
        recorder.add(
            Layer(
                origin: origin, place: [], written: written, node: node, removals: Removal.all(in: written),
                environment: environment, scopes: scopes))
    }

    /// A service of a file that another one extends, as a layer of its own.
    func layer(of service: Mapping.Entry, _ node: Node, document: Node, from origin: Layer.Origin, in scopes: [Int])
        -> Layer
    {
        let place = ["services", service.key.name]
        let removals = Removal.all(in: document).filter { $0.path.starts(with: place) && $0.path.count > place.count }
        var origin = origin
        origin.includes = includes
        return Layer(
            origin: origin, place: place, written: service.value, node: node, removals: removals,
            environment: environment, scopes: scopes)
    }

    /// The recording of what an entry of `include` names.
    func including(_ entry: Mark, _ environment: VariablePlaces) -> Recording {
        var result = self
        result.environment = environment
        result.includes.append(entry)
        result.scopes.append(recorder.newScope())
        return result
    }
}
