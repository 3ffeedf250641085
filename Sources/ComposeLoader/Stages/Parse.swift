import YAML

/// Reads the documents of a file.
struct Parser {
    let files: any FileReading
    let standardInput: [UInt8]?
    private let limits = YAMLLimits()

    /// Files of one project, each counted every time it is read. Included files that include others twice each double
    /// at every level.
    private static let fileLimit = 1000

    /// The documents in order, nil after a reported mistake.
    func documents(in file: Sources.File, asked mark: Mark? = nil, _ reporter: inout Reporter) -> [Node]? {
        guard reporter.fileCount < Parser.fileLimit else {
            reporter.error("the project has more than \(Parser.fileLimit) files", at: mark)
            return nil
        }
        do {
            let bytes = file.path == "-" ? standardInput ?? [] : try files.read(file.path)
            let source = try SourceFile(path: file.shown, bytes: bytes, limits: limits)
            reporter.announce(source)
            let documents = try YAMLParser(limits: limits).documents(in: source)
            return documents.filter { !$0.isNull }
        } catch let problem as FileProblem {
            reporter.error("\(file.shown) cannot be read: \(problem.reason)", at: mark)
        } catch let error as YAMLError {
            reporter.announce(error.mark.file)
            reporter.error(error.message, at: error.mark)
        } catch {
            reporter.error("\(file.shown) cannot be read: \(error)", at: mark)
        }
        return nil
    }
}
