import YAML

/// What there is to read.
struct Sources {
    /// A file's path as a person would name it, and the absolute one; `-` for standard input.
    struct File: Sendable {
        var shown: String
        var path: String
        /// What the file's name is where it is no path.
        var remote: RemoteResource?
    }

    var files: [File]
    /// The absolute project folder.
    var directory: String
    /// The process's variables, then those of the env files.
    var environment: [String: String]
    var environmentFiles: [String]
    /// The files that variables were read from, in groups: an earlier group wins, and in a group the last file.
    var variableFiles: [[String]] = []
    /// The name that the command line or the environment gives.
    var name: String?
}

/// Finds the files of a project and the variables it is read with.
struct Discoverer {
    let options: LoadOptions
    let files: any FileReading

    static let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    static let overrideNames = [
        "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
    ]

    /// nil after a reported mistake.
    func discover(_ reporter: inout Reporter) -> Sources? {
        let explicit = options.projectDirectory.map(absolute)
        var environment = EnvironmentBuilder(options: options, files: files)
        let early = explicit ?? directory(of: options.files.map(file)) ?? options.workingDirectory
        environment.load(from: early, &reporter)
        let found = findFiles(explicit ?? options.workingDirectory, environment.variables, &reporter)
        let directory = explicit ?? self.directory(of: found) ?? options.workingDirectory
        if directory != early { environment.load(from: directory, &reporter) }
        guard !found.isEmpty, !reporter.hasErrors else { return nil }
        let name =
            options.projectName.flatMap { $0.isEmpty ? nil : $0 }
            ?? environment.variables["COMPOSE_PROJECT_NAME"].flatMap { $0.isEmpty ? nil : $0 }
        if let name, !ProjectName.isValid(name) {
            reporter.error(
                "\"\(name)\" is no project name: it may have lower-case letters, digits, \"-\" and \"_\", and starts with "
                    + "a letter or a digit", at: nil, hint: "for example \"\(ProjectName.normalized(name))\"")
            return nil
        }
        return Sources(
            files: found, directory: directory, environment: environment.variables,
            environmentFiles: environment.explicitFiles, variableFiles: environment.readFiles, name: name)
    }

    private func findFiles(
        _ start: String, _ environment: [String: String], _ reporter: inout Reporter
    ) -> [Sources.File] {
        if !options.files.isEmpty { return options.files.map(file) }
        if let list = environment["COMPOSE_FILE"], !list.isEmpty {
            let separator = environment["COMPOSE_PATH_SEPARATOR"].flatMap { $0.isEmpty ? nil : $0 } ?? ":"
            // An address has a colon of its own.
            return RemoteResource(list) == nil ? split(list, by: separator).map(file) : [file(list)]
        }
        var folder = start
        while true {
            if let main = pick(Discoverer.names, in: folder, &reporter) {
                return [main] + [pick(Discoverer.overrideNames, in: folder, &reporter)].compactMap { $0 }
            }
            let parent = FilePath.parent(folder)
            if parent == folder { break }
            folder = parent
        }
        var missing = Diagnostic(
            .error, "there is no compose.yaml in \(start) or the folders above it",
            hint: "name a file with --file, or change to the project's folder")
        missing.isProjectMissing = true
        reporter.add(missing)
        return []
    }

    private func pick(_ names: [String], in folder: String, _ reporter: inout Reporter) -> Sources.File? {
        let found = names.filter { files.kind(of: FilePath.join(folder, $0)) == .file }
        guard let first = found.first else { return nil }
        if found.count > 1 {
            reporter.warn(
                .severalFiles,
                "\(folder) has \(found.joined(separator: ", ")); \(first) is read and the others are ignored", at: nil)
        }
        let path = FilePath.join(folder, first)
        return Sources.File(shown: FilePath.shown(path, from: options.workingDirectory), path: path)
    }

    private func split(_ list: String, by separator: String) -> [String] {
        guard let first = separator.first else { return [list] }
        if separator.count == 1 {
            return list.split(separator: first).map(String.init)
        }
        var parts: [String] = []
        var rest = list[...]
        while let start = rest.indices.first(where: { rest[$0...].hasPrefix(separator) }) {
            parts.append(String(rest[..<start]))
            rest = rest[rest.index(start, offsetBy: separator.count)...]
        }
        return (parts + [String(rest)]).filter { !$0.isEmpty }
    }

    private func file(_ argument: String) -> Sources.File {
        if argument == "-" { return Sources.File(shown: "-", path: "-") }
        return Sources.File(shown: argument, path: absolute(argument), remote: RemoteResource(argument))
    }

    private func directory(of files: [Sources.File]) -> String? {
        files.first { $0.path != "-" }.map { FilePath.parent($0.path) }
    }

    private func absolute(_ path: String) -> String { FilePath.join(options.workingDirectory, path) }
}

/// A project's name.
enum ProjectName {
    static func isValid(_ name: String) -> Bool { !name.isEmpty && normalized(name) == name }

    /// In lower case, without what is not allowed.
    static func normalized(_ name: String) -> String {
        let allowed = name.lowercased().unicodeScalars.filter { scalar in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-"
        }
        return String(String.UnicodeScalarView(allowed.drop { $0 == "_" || $0 == "-" }))
    }
}
