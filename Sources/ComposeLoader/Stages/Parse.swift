import YAML

/// Reads the documents of a file.
struct Parser {
    let files: any FileReading
    let standardInput: [UInt8]?
    private let limits = YAMLLimits()

    /// Files of one project, each counted every time it is read. Included files that include others twice each double
    /// at every level.
    private static let fileLimit = 1000

    /// The documents in order; none after a reported mistake.
    func parse(_ file: Sources.File, asked mark: Mark? = nil, _ reporter: inout Reporter) -> ModelReader.ParsedFile {
        var result = ModelReader.ParsedFile(file: file, documents: [])
        guard reporter.fileCount < Parser.fileLimit else {
            reporter.error("the project has more than \(Parser.fileLimit) files", at: mark)
            return result
        }
        do {
            let bytes = file.path == "-" ? standardInput ?? [] : try files.read(file.path)
            let source = try SourceFile(path: file.shown, bytes: bytes, limits: limits)
            reporter.announce(source)
            result.source = source
            result.documents = try YAMLParser(limits: limits).documents(in: source).filter { !$0.isNull }
            for document in result.documents { checkKeys(of: document, &reporter) }
        } catch let problem as FileProblem {
            reporter.error(
                "\(file.shown) cannot be read: \(file.remote?.reason ?? problem.reason)", at: mark,
                hint: file.remote?.advice)
        } catch let error as YAMLError {
            reporter.announce(error.mark.file)
            reporter.error(error.message, at: error.mark)
        } catch {
            reporter.error("\(file.shown) cannot be read: \(error)", at: mark)
        }
        return result
    }

    /// Docker Compose takes strings alone for keys, extensions included.
    private func checkKeys(of node: Node, _ reporter: inout Reporter) {
        switch node.content {
        case .scalar: return
        case .sequence(let items):
            for (index, item) in items.enumerated() where item.content.isCollection {
                reporter.enter(String(index))
                checkKeys(of: item, &reporter)
                reporter.leave()
            }
        case .mapping(let mapping):
            for entry in mapping.entries {
                if !entry.key.isString {
                    reporter.error(
                        "the key \(entry.key.name) is no string", at: entry.key.mark,
                        hint: "put it in quotes: \"\(entry.key.name)\"")
                }
                guard entry.value.content.isCollection else { continue }
                reporter.enter(entry.key.name)
                checkKeys(of: entry.value, &reporter)
                reporter.leave()
            }
        }
    }
}

extension Node.Content {
    fileprivate var isCollection: Bool {
        if case .scalar = self { false } else { true }
    }
}
