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
            let distance = edits(letters, Array(candidate.utf8))
            guard distance <= limit, distance < candidate.utf8.count else { continue }
            if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// How many letters must be inserted, removed, replaced or swapped with their neighbour.
    private static func edits(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var rows = [[Int]](repeating: [Int](repeating: 0, count: second.count + 1), count: first.count + 1)
        for row in 0...first.count { rows[row][0] = row }
        for column in 0...second.count { rows[0][column] = column }
        guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
        for row in 1...first.count {
            for column in 1...second.count {
                let same = first[row - 1] == second[column - 1]
                rows[row][column] = min(
                    rows[row - 1][column] + 1, rows[row][column - 1] + 1, rows[row - 1][column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    rows[row][column] = min(rows[row][column], rows[row - 2][column - 2] + 1)
                }
            }
        }
        return rows[first.count][second.count]
    }
}
