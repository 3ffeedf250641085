import YAML

/// Which warnings the user does not want: `GANTRY_NO_WARN` and `x-gantry: {ignore: [...]}`.
struct Silence {
    let environment: [String: String]

    /// Turns them off; a name that is none is warned of.
    func apply(to model: Node?, _ reporter: inout Reporter) {
        for name in environment["GANTRY_NO_WARN"]?.split(separator: ",") ?? [] {
            let name = name.filter { $0 != " " }
            silence(name, at: nil, "GANTRY_NO_WARN", &reporter)
        }
        let ignored = model?.field("x-gantry")?.field("ignore")
        for item in ignored?.items ?? ignored.map({ [$0] }) ?? [] {
            silence(item.text ?? "", at: item.mark, "x-gantry.ignore", &reporter)
        }
    }

    private func silence(_ name: String, at mark: Mark?, _ place: String, _ reporter: inout Reporter) {
        if let trap = Trap(rawValue: name) {
            reporter.silenced.insert(trap)
        } else {
            reporter.at([place]) {
                $0.warn(
                    .unknownWarning, "there is no warning \"\(name)\"", at: mark,
                    hint: Suggestion.hint(for: name, among: Trap.allCases.map(\.rawValue)))
            }
        }
    }
}
