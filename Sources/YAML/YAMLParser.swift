/// Reads YAML files into nodes that remember where they were written.
///
/// YAML 1.1 as libyaml parses it, with scalars, merge keys and duplicate keys treated as Docker Compose treats them.
/// A parser holds no state; one may serve any number of files and tasks. It never recurses, whatever the file.
public struct YAMLParser: Sendable {
    /// What a file may ask for.
    public var limits: YAMLLimits

    /// A parser that refuses files beyond `limits`.
    public init(limits: YAMLLimits = YAMLLimits()) {
        self.limits = limits
    }

    /// All documents of a file, in order.
    ///
    /// A document without content is a null scalar; a file without content, or with comments alone, has no documents.
    ///
    /// - Throws: the first mistake in the file. Its mark lies within the file.
    public func documents(in file: SourceFile) throws(YAMLError) -> [Node] {
        let bytes = file.text.utf8.span
        guard bytes.count <= limits.fileSize else { throw limits.fileTooLarge(bytes.count, in: file) }
        return try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLError) -> [Node] in
            guard let start = buffer.baseAddress, !buffer.isEmpty else { return [] }
            try checkTagDirectives(in: buffer, of: file)
            var events = try EventStream(start: start, count: buffer.count, file: file)
            var composer = Composer(limits: limits)
            while let event = try events.next() { try composer.accept(event) }
            return composer.documents
        }
    }

    private func checkTagDirectives(in buffer: UnsafeBufferPointer<UInt8>, of file: SourceFile) throws(YAMLError) {
        let directive: StaticString = "%TAG"
        var found = 0
        for index in buffer.indices
        where buffer[index] == directive.utf8Start[0]
            && (index == 0 || buffer[index - 1] == 10 || buffer[index - 1] == 13)
        {
            let line = UnsafeBufferPointer(rebasing: buffer[index...])
            guard line.starts(with: UnsafeBufferPointer(start: directive.utf8Start, count: directive.utf8CodeUnitCount))
            else { continue }
            found += 1
            if found > limits.tagDirectives {
                throw YAMLError(
                    .tooManyDirectives,
                    "the file has more than \(limits.tagDirectives) %TAG directives",
                    at: Mark(in: file, utf8Offset: index)
                )
            }
        }
    }
}
