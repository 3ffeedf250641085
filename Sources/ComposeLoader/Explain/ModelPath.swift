/// A path on the command line: names with dots between them, items of lists in brackets.
///
/// `services.web.environment.LOG`, `services."my.svc".image`, `services.web.ports[0]`; an item also by what identifies
/// it: `services.web.volumes./data`.
package enum ModelPath {
    /// A part of a path as it was written.
    struct Part: Equatable {
        var text: String
        /// In quotes: it is one name, whatever is in it.
        var isQuoted = false
    }

    /// Why a text is no path.
    package struct Fault: Error, CustomStringConvertible {
        package var description: String
    }

    static func parse(_ text: String) throws(Fault) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while true {
            if rest.first == "\"" {
                let inner = rest.dropFirst()
                guard let end = inner.firstIndex(of: "\"") else {
                    throw Fault(description: "\"\(text)\" is no path: a quote is not closed")
                }
                parts.append(Part(text: String(inner[..<end]), isQuoted: true))
                rest = inner[inner.index(after: end)...]
            } else {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else {
                    throw Fault(description: "\"\(text)\" is no path: a name is missing between its dots")
                }
                parts.append(Part(text: String(name)))
                rest = rest[name.endIndex...]
            }
            while rest.first == "[" {
                let inner = rest.dropFirst()
                guard let end = inner.firstIndex(of: "]"), Int(inner[..<end]) != nil else {
                    throw Fault(description: "\"\(text)\" is no path: brackets hold an item's number, from 0")
                }
                parts.append(Part(text: String(inner[..<end]), isQuoted: true))
                rest = inner[inner.index(after: end)...]
            }
            guard let next = rest.popFirst() else { return parts }
            guard next == "." else {
                throw Fault(description: "\"\(text)\" is no path: a dot is missing before \"\(next)\(rest)\"")
            }
        }
    }

    /// A name as a path has it, in quotes where it must be.
    static func quoted(_ name: String) -> String {
        name.isEmpty || name.contains { ".[]\"".contains($0) } ? "\"\(name)\"" : name
    }
}
