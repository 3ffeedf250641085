import ArgumentParser

/// `--sink NAME=URL`, or `--sink URL`, which is then named by its kind.
struct SinkOption: ExpressibleByArgument, Equatable {
    let name: String?
    let url: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        let name = argument.prefix { $0 != "=" }
        // A "=" behind a colon belongs to the URL's query.
        if name.count < argument.count, !name.contains(":") {
            self.name = String(name)
            url = String(argument.dropFirst(name.count + 1))
        } else {
            self.name = nil
            url = argument
        }
    }

    /// Its own name, else its kind's, with a number where another sink has that.
    func name(besides taken: [String]) -> String {
        if let name { return name }
        let kind = String(url.prefix { $0 != ":" && $0 != "+" })
        var (candidate, number) = (kind, 1)
        while taken.contains(candidate) {
            number += 1
            candidate = "\(kind)-\(number)"
        }
        return candidate
    }
}
