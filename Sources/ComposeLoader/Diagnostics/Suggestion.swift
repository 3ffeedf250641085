/// The names that a mistyped one may have meant.
package enum Suggestion {
    /// `did you mean "depends_on"?`, nil where nothing is close enough.
    package static func hint(for name: String, among names: some Sequence<String>) -> String? {
        closest(to: name, among: names).map { "did you mean \"\($0)\"?" }
    }

    /// The candidate with the fewest edits, at most a third of the name's length; of equals the first by name.
    static func closest(to name: String, among names: some Sequence<String>) -> String? {
        let letters = Array(name.utf8)
        // A longer name is no typing mistake, and the comparison is quadratic.
        guard letters.count <= 64 else { return nil }
        let limit = max(1, letters.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in names where abs(candidate.utf8.count - letters.count) <= limit {
            guard let distance = edits(letters, Array(candidate.utf8), limit: min(limit, best?.distance ?? limit)),
                distance < candidate.utf8.count
            else { continue }
            if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// How many letters must be inserted, removed, replaced or swapped with their neighbour; nil for more than `limit`.
    private static func edits(_ first: [UInt8], _ second: [UInt8], limit: Int) -> Int? {
        var (before, previous) = ([Int](), Array(0...second.count))
        for row in first.indices {
            var current = [row + 1]
            current.reserveCapacity(second.count + 1)
            for column in second.indices {
                let same = first[row] == second[column]
                var cost = min(previous[column + 1] + 1, current[column] + 1, previous[column] + (same ? 0 : 1))
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            // Further letters only add to the cheapest of a row.
            guard let least = current.min(), least <= limit + 1 else { return nil }
            (before, previous) = (previous, current)
        }
        guard let distance = previous.last, distance <= limit else { return nil }
        return distance
    }
}
