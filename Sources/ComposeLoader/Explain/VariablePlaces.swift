import YAML

/// Where the variables of a reading were set.
package struct VariablePlaces: Sendable {
    /// Where one variable was set.
    package enum Place: Sendable, Equatable {
        /// In the environment of this process.
        case process
        /// By the loader itself: the project's name.
        case project
        case file(path: String, line: Int)
    }

    private(set) var places: [String: Place] = [:]
    /// The values that the reading saw.
    var values: [String: String] = [:]

    package subscript(name: String) -> Place? { places[name] }

    init(process: some Sequence<String>) {
        for name in process { places[name] = .process }
    }

    mutating func set(_ name: String, _ place: Place) { places[name] = place }

    /// Adds the variables of files that were read together: what is known already stays, and of these files the last
    /// one counts.
    mutating func add(_ paths: [String], shownFrom folder: String, _ files: any FileReading) {
        var added: [String: Place] = [:]
        for path in paths {
            for (name, line) in Self.lines(of: path, isRaw: false, files) {
                added[name] = .file(path: FilePath.shown(path, from: folder), line: line)
            }
        }
        places.merge(added) { first, _ in first }
    }

    /// The line of each variable of a file, of the last one where it is set twice; empty for a file that cannot be read.
    static func lines(of path: String, isRaw: Bool, _ files: any FileReading) -> [String: Int] {
        guard let bytes = try? files.read(path) else { return [:] }
        let text = String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
        return DotEnv.lines(of: text, isRaw: isRaw)
    }
}
