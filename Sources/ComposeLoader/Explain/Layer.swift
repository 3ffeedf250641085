import YAML

/// One contribution to the model: a document, or what a service extends, as it was laid over what came before.
struct Layer: Sendable {
    /// Where a layer comes from.
    struct Origin: Sendable {
        var file: Sources.File
        /// The place of the file among those of its project, from 1, and of the document in the file.
        var number = 1
        var fileCount = 1
        var document = 1
        /// For an included file: the entries of `include` that lead to it, outermost first.
        var includes: [Mark] = []
        /// For what a service extends: the services, outermost first, with the place of the attribute.
        var extends: [Extension] = []
    }

    struct Extension: Sendable {
        var service: String
        var mark: Mark
    }

    var origin: Origin
    /// Where in the model the tree belongs: the whole, or one service.
    var place: [String]
    /// The tree before variables were replaced, to quote from.
    var written: Node
    /// The tree in its long form, as it was merged.
    var node: Node
    /// The paths in the model that it takes away from what came before in the same scope.
    var removals: [Removal] = []
    /// What it was read with.
    var environment: VariablePlaces
    /// The readings that it is a part of, outermost first. What it resets lies in the last one.
    var scopes: [Int]
}

/// Keeps the layers in the order in which they lie on each other. There is one only where they are asked for.
final class LayerRecorder {
    private(set) var layers: [Layer] = []
    private var scopeCount = 0

    /// A number for one reading: what it resets concerns no other.
    func newScope() -> Int {
        scopeCount += 1
        return scopeCount
    }

    var count: Int { layers.count }

    func add(_ layer: Layer) { layers.append(layer) }

    /// What services extend lies below the document that extends, and below what that includes.
    func insert(_ more: [Layer], at index: Int) { layers.insert(contentsOf: more, at: index) }

    /// The layers from an index on, as far as they concern a service.
    func layers(of service: String, from index: Int) -> [Layer] {
        layers[index...].compactMap { $0.part(at: ["services", service]) }
    }

    /// The layers as those of another service, which extends the one they belong to.
    func moved(_ layers: [Layer], to service: String, for extension: Layer.Extension, in scopes: [Int]) -> [Layer] {
        var renamed: [Int: Int] = [:]
        return layers.map { layer in
            var result = layer
            result.origin.extends.insert(`extension`, at: 0)
            result.place = ["services", service]
            result.removals = layer.removals.map { removal in
                var removal = removal
                removal.path[1] = service
                return removal
            }
            // A scope of its own: what the layers reset is what they have of this service, nothing before them.
            result.scopes =
                scopes
                + layer.scopes.map { old in
                    if let new = renamed[old] { return new }
                    let new = newScope()
                    renamed[old] = new
                    return new
                }
            return result
        }
    }
}

extension Layer {
    /// The part of the layer at a path in the model, nil where it has none.
    func part(at path: [String]) -> Layer? {
        var result = self
        guard place.count < path.count else { return place.starts(with: path) ? self : nil }
        guard path.starts(with: place) else { return nil }
        let rest = path[place.count...]
        result.removals = removals.filter { $0.path.starts(with: path) && $0.path.count > path.count }
        result.place = path
        guard let node = rest.reduce(Optional(node), { $0?.field($1) }) else { return nil }
        result.node = node
        result.written = rest.reduce(Optional(written)) { $0?.field($1) } ?? written
        return result
    }
}
