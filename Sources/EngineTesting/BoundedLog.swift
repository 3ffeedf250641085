/// The last elements of a sequence that grows, addressed by their position in the whole of it.
struct BoundedLog<Element: Sendable>: Sendable {
    private var kept: [Element] = []
    private let limit: Int
    /// The position of the oldest element kept.
    private(set) var start = 0

    init(limit: Int) { self.limit = limit }

    /// The position that the next element gets.
    var end: Int { start + kept.count }
    var elements: ArraySlice<Element> { kept[...] }

    mutating func append(_ element: Element) {
        kept.append(element)
        // Dropped in halves, so that appending stays cheap.
        if kept.count > 2 * limit {
            start += kept.count - limit
            kept.removeFirst(kept.count - limit)
        }
    }

    /// Drops all but the last elements.
    mutating func drop(keeping count: Int) {
        let dropped = max(0, kept.count - count)
        kept.removeFirst(dropped)
        start += dropped
    }

    /// The elements from `position` on, nil where some of them were dropped.
    func suffix(from position: Int) -> ArraySlice<Element>? {
        position < start ? nil : kept[(min(position, end) - start)...]
    }
}
