/// Builds the nodes of a file from its events, with a stack of its own instead of recursion.
///
/// Replaces aliases, applies merge keys, and refuses duplicate keys, keys that are no scalars and whatever exceeds the
/// limits.
struct Composer {
    private(set) var documents: [Node] = []

    private let limits: YAMLLimits
    private var frames: [Frame] = []
    private var anchors: [String: Anchor] = [:]
    private var nodes = 0
    private var aliasNodes = 0
    private var expandedText = 0

    init(limits: YAMLLimits) {
        self.limits = limits
    }

    mutating func accept(_ event: Event) throws(YAMLError) {
        switch event.kind {
        case .documentStart, .documentEnd:
            anchors.removeAll(keepingCapacity: true)
        case .sequenceStart:
            try open(event, isMapping: false)
        case .mappingStart:
            try open(event, isMapping: true)
        case .collectionEnd:
            try close()
        case .scalar(let scalar):
            try add(scalar, of: event)
        case .alias(let name):
            try resolve(name, at: event.mark)
        }
    }

    private mutating func open(_ event: Event, isMapping: Bool) throws(YAMLError) {
        try count(event)
        if frames.last?.expectsKey == true { throw Self.complexKey(at: event.mark) }
        try checkDepth(1, at: event.mark)
        if let anchor = event.anchor { anchors[anchor] = .open(depth: frames.count, event.mark) }
        frames.append(Frame(event, isMapping: isMapping))
    }

    private mutating func close() throws(YAMLError) {
        guard var frame = frames.popLast() else { return }
        frame.applyMerges()
        let content: Node.Content = frame.isMapping ? .mapping(frame.mapping) : .sequence(frame.items)
        let node = Node(content, tag: frame.tag, mark: frame.mark)
        // An anchor of the same name inside this one is the later definition and stays.
        if let name = frame.anchor, case .open(frames.count, _) = anchors[name] {
            anchors[name] = .closed(node, frame.extent)
        }
        try add(node, frame.extent, at: frame.mark)
    }

    private mutating func add(_ scalar: Scalar, of event: Event) throws(YAMLError) {
        try count(event)
        if let tag = event.tag, scalar.value(tag: tag) == nil {
            let message = "the value \(YAMLError.quoted(scalar.text)) is not what its tag \(Tag.short(tag)) says"
            throw YAMLError(.invalidScalar, message, at: event.mark)
        }
        let node = Node(.scalar(scalar), tag: event.tag, mark: event.mark)
        let extent = Extent(nodes: 1, text: scalar.text.utf8.count, height: 0)
        if let name = event.anchor { anchors[name] = .closed(node, extent) }
        try add(node, extent, at: event.mark)
    }

    private mutating func resolve(_ name: String, at mark: Mark) throws(YAMLError) {
        switch anchors[name] {
        case nil:
            let (alias, anchor) = (YAMLError.quoted("*" + name), YAMLError.quoted("&" + name))
            let message = "the alias \(alias) names no anchor: no \(anchor) comes before it in this document"
            throw YAMLError(.unknownAlias, message, at: mark)
        case .open(_, let start):
            let alias = YAMLError.quoted("*" + name)
            let message = "the alias \(alias) stands inside its own anchor, which starts at line \(start.line)"
            throw YAMLError(.recursiveAlias, message, at: mark, related: start)
        case .closed(let node, let extent):
            aliasNodes += extent.nodes
            expandedText += extent.text
            guard aliasNodes <= limits.aliasNodes else {
                let message = "the file's aliases stand for more than \(limits.aliasNodes) values"
                throw YAMLError(.expansionTooLarge, message, at: mark, related: node.mark)
            }
            try checkExpandedText(at: mark)
            try checkDepth(extent.height, at: mark)
            try add(node, extent, at: mark)
        }
    }

    /// Puts a finished node where the file has it; `place` is that of the alias when it came through one.
    private mutating func add(_ node: Node, _ extent: Extent, at place: Mark) throws(YAMLError) {
        guard !frames.isEmpty else {
            documents.append(node)
            return
        }
        try frames[frames.count - 1].add(node, at: place)
        frames[frames.count - 1].extent.include(extent)
    }

    private mutating func count(_ event: Event) throws(YAMLError) {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw YAMLError(.tooManyNodes, "the file has more than \(limits.nodes) keys and values", at: event.mark)
        }
        if let tag = event.tag {
            expandedText += tag.utf8.count
            try checkExpandedText(at: event.mark)
        }
    }

    private func checkExpandedText(at mark: Mark) throws(YAMLError) {
        guard expandedText <= limits.expandedText else {
            let message = "the file's aliases and tags stand for more than \(limits.expandedText) bytes of text"
            throw YAMLError(.expansionTooLarge, message, at: mark)
        }
    }

    private func checkDepth(_ height: Int, at mark: Mark) throws(YAMLError) {
        guard frames.count + height <= limits.depth else {
            let message = "lists and mappings are nested more than \(limits.depth) levels deep here"
            throw YAMLError(.tooDeep, message, at: mark)
        }
    }

    static func complexKey(at mark: Mark) -> YAMLError {
        let message =
            "a list or a mapping cannot be a key: keys must be strings, and a text that starts with "
            + "\"{\" or \"[\" needs quotes"
        return YAMLError(.complexKey, message, at: mark)
    }
}

/// What an anchor names: content still being read, or a finished node.
private enum Anchor {
    case open(depth: Int, Mark)
    case closed(Node, Extent)
}

/// How much a finished node stands for, aliases inside it replaced.
struct Extent {
    /// Nodes, itself and keys included.
    var nodes: Int
    /// UTF-8 bytes of scalars.
    var text: Int
    /// Levels of collections.
    var height: Int

    mutating func include(_ child: Extent) {
        nodes += child.nodes
        text += child.text
        height = max(height, child.height + 1)
    }
}
