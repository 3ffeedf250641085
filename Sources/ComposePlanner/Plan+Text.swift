extension Plan: CustomStringConvertible {
    /// The plan as people read it: each operation with its number, what it needs, and why; the commit as a line.
    package var description: String {
        guard !isEmpty else { return "Project \(project) is as declared: nothing to do." }
        var rows = pulls.map { Row(number: "-", text: "pull image \($0.reference)", after: "", cause: $0.cause) }
        rows += prepare.map(Row.init)
        let finishing = finish.map(Row.init)
        let numberWidth = (rows + finishing).map(\.number.count).max() ?? 0
        let textWidth = (rows + finishing).map(\.text.count).max() ?? 0
        let afterWidth = (rows + finishing).map(\.after.count).max() ?? 0
        func line(_ row: Row) -> String {
            let number = String(repeating: " ", count: numberWidth - row.number.count) + row.number
            return "  \(number)  \(padded(row.text, textWidth))  \(padded(row.after, afterWidth))  \(row.cause)"
        }
        var lines = ["Plan for project \(project): \(summary)"] + rows.map(line)
        if !prepare.isEmpty, !finishing.isEmpty { lines.append("  -- commit: from here on nothing is taken back --") }
        lines += finishing.map(line)
        lines += irreversible.map { "  cannot be undone: \($0)" }
        return lines.joined(separator: "\n")
    }

    /// How many operations of each kind: `2 containers to create, 1 to replace`.
    package var summary: String {
        var counts: [(Int, String)] = [(pulls.count, "to pull")]
        var created = 0, replaced = 0, started = 0, removed = 0, renamed = 0, stopped = 0, awaited = 0, hooks = 0
        for operation in prepare + finish {
            switch operation.action {
            case .createContainer, .createNetwork, .createVolume: created += 1
            case .startContainer(.existing): started += 1
            // Made and removed by the same plan: the container of a hook.
            case .removeContainer(.planned, _):
                hooks += 1
                created -= 1
            case .runHook: hooks += 1
            case .removeContainer, .retireNetwork, .removeNetwork, .removeVolume: removed += 1
            case .stopContainer: stopped += 1
            case .renameContainer(.planned, _): replaced += 1
            case .renameContainer(.existing, _): renamed += 1
            case .awaitContainer: awaited += 1
            case .startContainer, .announceContainer, .delay, .tryVolume, .tagImage, .untagImage: break
            }
        }
        counts.append((created - replaced, "to create"))
        counts.append((replaced, "to replace"))
        counts.append((started, "to start"))
        counts.append((removed - replaced, "to remove"))
        counts.append((renamed, "to rename"))
        if removed == 0 { counts.append((stopped, "to stop")) }
        counts.append((hooks, hooks == 1 ? "hook to run" : "hooks to run"))
        if prepare.count + finish.count == awaited { counts.append((awaited, "to wait for")) }
        return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}

private struct Row {
    let number: String
    let text: String
    let after: String
    let cause: String

    init(number: String, text: String, after: String, cause: String) {
        self.number = number
        self.text = text
        self.after = after
        self.cause = cause
    }

    init(_ operation: Operation) {
        let needs = operation.needs.map(\.description).joined(separator: ",")
        self.init(
            number: operation.id.description, text: operation.action.description,
            after: needs.isEmpty ? "" : "after \(needs)", cause: operation.cause)
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
