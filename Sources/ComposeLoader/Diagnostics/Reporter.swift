import YAML

/// Collects diagnostics while a stage walks a tree, and knows the attribute the walk is at.
struct Reporter {
    private(set) var diagnostics: [Diagnostic] = []
    private var path: [String] = []
    private var files: [ObjectIdentifier: Int] = [:]
    private var omitted = 0
    /// The attributes that have an error, so that what follows from one is not reported as another.
    private var damaged: Set<[String]> = []
    /// The warnings that are turned off.
    var silenced: Set<Trap> = []

    /// More would only scroll the first ones away; a broken include can repeat a mistake for every service.
    static let limit = 200

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Says that marks may point into the file; files sort in the order they are announced.
    mutating func announce(_ file: SourceFile) {
        let identity = ObjectIdentifier(file)
        if files[identity] == nil { files[identity] = files.count }
    }

    mutating func error(_ message: String, at mark: Mark?, hint: String? = nil) {
        damaged.insert(path)
        add(Diagnostic(.error, message, path: location, mark: mark, hint: hint))
    }

    mutating func warn(_ trap: Trap, _ message: String, at mark: Mark?, hint: String? = nil) {
        var diagnostic = Diagnostic(.warning, message, path: location, mark: mark, hint: hint ?? trap.advice)
        diagnostic.trap = trap
        add(diagnostic)
    }

    /// Whether the attribute at the path, or the one the walk is at, has an error.
    func isDamaged(_ path: [String]? = nil) -> Bool { damaged.contains(path ?? self.path) }

    /// Whether the attribute with this name, in the one the walk is at, has an error.
    func isDamaged(_ name: String) -> Bool { damaged.contains(path + [name]) }

    /// Whether some attribute at or below the path has an error.
    func hasErrors(below path: [String]) -> Bool { damaged.contains { $0.starts(with: path) } }

    mutating func add(_ diagnostic: Diagnostic) {
        if diagnostics.count < Reporter.limit {
            diagnostics.append(diagnostic)
        } else {
            omitted += 1
            // An error must be seen, whatever came before it.
            if diagnostic.severity == .error, !hasErrors { diagnostics[Reporter.limit - 1] = diagnostic }
        }
    }

    /// Whether more would not be shown.
    var isFull: Bool { diagnostics.count >= Reporter.limit }

    /// How many files have been announced.
    var fileCount: Int { files.count }

    /// Runs `body` with `key` added to the path.
    mutating func within<Result>(_ key: String, _ body: (inout Reporter) -> Result) -> Result {
        path.append(key)
        defer { path.removeLast() }
        return body(&self)
    }

    mutating func enter(_ key: String) { path.append(key) }
    mutating func leave() { path.removeLast() }

    /// Runs `body` as if at `keys`, whatever the walk is at.
    mutating func at<Result>(_ keys: [String], _ body: (inout Reporter) -> Result) -> Result {
        let saved = path
        path = keys
        defer { path = saved }
        return body(&self)
    }

    /// What was found, sorted by file, line and column; what has no place comes first. Repetitions are left out.
    var sorted: [Diagnostic] {
        var seen: Set<Identity> = []
        var result = diagnostics.enumerated().sorted { left, right in
            let (first, second) = (position(of: left.element), position(of: right.element))
            return first == second ? left.offset < right.offset : first.lexicographicallyPrecedes(second)
        }.map(\.element).filter { $0.trap.map { !silenced.contains($0) } ?? true }.filter {
            seen.insert(Identity(position: position(of: $0), text: $0.message)).inserted
        }
        if omitted > 0 {
            result.append(Diagnostic(.warning, "\(omitted) more problems are not shown"))
        }
        return result
    }

    private struct Identity: Hashable {
        var position: [Int]
        var text: String
    }

    private func position(of diagnostic: Diagnostic) -> [Int] {
        guard let mark = diagnostic.mark else { return [-1] }
        return [files[ObjectIdentifier(mark.file)] ?? files.count, mark.line, mark.column]
    }

    private var location: String { path.joined(separator: ".") }
}
