import YAML

/// Gathers the variables a project is read with: what is set first, wins.
struct EnvironmentBuilder {
    private let options: LoadOptions
    private let files: any FileReading
    private(set) var variables: [String: String]
    /// The absolute paths of the files that were asked for.
    let explicitFiles: [String]
    /// The files that were read, in groups: an earlier group wins, and in a group the last file.
    private(set) var readFiles: [[String]] = []

    init(options: LoadOptions, files: any FileReading) {
        self.options = options
        self.files = files
        variables = options.environment
        // A shell sets it always, and Docker Compose does where nobody has.
        variables["PWD"] = variables["PWD"] ?? options.workingDirectory
        var names = options.environmentFiles
        if names.isEmpty, let list = options.environment["COMPOSE_ENV_FILES"] {
            names = list.split(separator: ",").map(String.init)
        }
        explicitFiles = names.map { FilePath.join(options.workingDirectory, $0) }
    }

    /// Adds the variables of the files asked for, else of `.env` in the folder.
    mutating func load(from folder: String, _ reporter: inout Reporter) {
        guard explicitFiles.isEmpty else { return add(explicitFiles, &reporter) }
        if let text = options.environment["COMPOSE_DISABLE_ENV_FILE"] {
            guard let isDisabled = Self.boolean(text) else {
                reporter.error("COMPOSE_DISABLE_ENV_FILE is \"\(text)\", which is neither true nor false", at: nil)
                return
            }
            if isDisabled { return }
        }
        let path = FilePath.join(folder, ".env")
        if files.kind(of: path) == .file { add([path], &reporter) }
    }

    private mutating func add(_ paths: [String], _ reporter: inout Reporter) {
        readFiles.append(paths)
        let added = EnvironmentReader(files: files, workingDirectory: options.workingDirectory).read(
            paths, over: variables, &reporter)
        variables.merge(added) { first, _ in first }
    }

    /// Go's spellings of true and false.
    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}

/// Reads files of variables and says where they are wrong.
struct EnvironmentReader {
    let files: any FileReading
    /// The folder that paths are shown from.
    let workingDirectory: String

    /// The variables of the files, later ones over earlier ones; references see `environment` first.
    func read(
        _ paths: [String], asked mark: Mark? = nil, over environment: [String: String], _ reporter: inout Reporter
    ) -> [String: String] {
        var variables: [String: String] = [:]
        for path in paths {
            guard let text = text(path, "the env file", at: mark, &reporter) else { continue }
            let known = variables
            parse(text, of: path, raw: false, into: &variables, &reporter) { environment[$0] ?? known[$0] }
        }
        return variables
    }

    /// The file's text, nil after a reported mistake.
    func text(_ path: String, _ what: String, at mark: Mark?, _ reporter: inout Reporter) -> String? {
        do throws(FileProblem) {
            let bytes = try files.read(path)
            return String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
        } catch {
            let shown = FilePath.shown(path, from: workingDirectory)
            reporter.error("\(what) \(shown) cannot be read: \(error.reason)", at: mark)
            return nil
        }
    }

    func parse(
        _ text: String, of path: String, raw: Bool, into variables: inout [String: String], _ reporter: inout Reporter,
        lookup: @escaping DotEnv.Lookup
    ) {
        do throws(DotEnv.Fault) {
            if raw {
                try DotEnv.parseRaw(text, into: &variables, lookup: lookup)
            } else {
                try DotEnv.parse(text, into: &variables, lookup: lookup)
            }
        } catch {
            let file = SourceFile(path: FilePath.shown(path, from: workingDirectory), text: text)
            reporter.announce(file)
            reporter.error(error.message, at: Mark(file: file, line: error.line, column: 1))
        }
    }
}
