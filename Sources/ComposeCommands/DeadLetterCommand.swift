import ArgumentParser
import FoundationEssentials
import LogShipping
import LogSinks
import LogSpool
import SinkAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `gantry ship dlq`
struct DeadLetterCommand: AsyncParsableCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case ls, replay, rm
    }

    /// What stands behind `ship`; a service of that name is named behind `--`.
    static let word = "dlq"
    /// A command of its own for the parser, because `ship` takes services, and words behind those.
    static let name = "ship-dlq"

    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Lists, sends again or removes the records that sinks refused for good.",
        usage: "gantry ship dlq [ls | replay | rm] [<sink>] [<uid> ...] [<options>]",
        discussion: """
            A sink's name alone is all of its records; `rm` wants one, and identifiers of records may follow it.
            Example: gantry ship dlq replay loki
            """, shouldDisplay: false)

    @Argument(help: ArgumentHelp("What to do: ls, replay or rm.", valueName: "action"))
    var action: Action = .ls

    @Argument(help: ArgumentHelp("The sink; default: all.", valueName: "sink"))
    var sink: String?

    @Argument(help: ArgumentHelp("With rm: identifiers of records.", valueName: "uid"))
    var uids: [String] = []

    @Option(name: .customLong("format"), help: ArgumentHelp("The form of the list.", valueName: "form"))
    var format: TableFormat = .table

    @OptionGroup var shipping: ShippingOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if action == .rm, sink == nil { throw ValidationError("Name the sink whose dead letters are to go.") }
        if action != .rm, !uids.isEmpty { throw ValidationError("Identifiers of records are for rm.") }
    }

    func run() async throws {
        let session = try CommandSession(options)
        let setup = try session.shippingSetup(shipping, services: [])
        let folder = session.spoolPath(setup)
        let plans = setup.declaration.plan.sinks
        let names = sink.map { [$0] } ?? plans.map(\.name)
        // Without a spool nothing was refused.
        guard access(folder, F_OK) == 0 else {
            if format == .table { standardError("gantry: Nothing was shipped of \(setup.subject) yet.") }
            return
        }
        do {
            switch action {
            case .ls: try await list(names, folder)
            case .replay: try await replay(plans.filter { names.contains($0.name) }, folder)
            case .rm:
                for name in names { try await remove(DeadLetters(spool: folder, sink: name)) }
            }
        } catch let failure as FileFailure {
            standardError("gantry: cannot \(failure.action): \(String(cString: strerror(failure.number))).")
            throw CommandExit.failure
        }
    }

    private func list(_ names: [String], _ folder: String) async throws {
        var table = TextTable(header: ["SINK", "TIME", "UID", "REASON"])
        var dropped = 0
        for name in names {
            let letters = DeadLetters(spool: folder, sink: name)
            for letter in try await letters.list() {
                if format == .json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                    standardOutput(String(decoding: try encoder.encode(letter), as: UTF8.self))
                } else {
                    table.add([name, letter.time, letter.uid, SafeText.line(letter.reason)])
                }
            }
            dropped += try await letters.dropped()
        }
        if format == .table { writeOutput(table.text) }
        if dropped > 0 { standardError("gantry: \(dropped) older ones were dropped, because the files were full.") }
    }

    private func replay(_ plans: [SinkPlan], _ folder: String) async throws {
        if let sink, plans.isEmpty {
            throw ValidationError("There is no sink \"\(sink)\" to send to; --sink \(sink)=URL gives one.")
        }
        var isWell = true
        for plan in plans {
            let letters = DeadLetters(spool: folder, sink: plan.name)
            guard !options.dryRun else {
                standardOutput("\(plan.name): \(try await letters.list().count) records would be sent again.")
                continue
            }
            let sink = try SinkCatalog.make(plan.location)
            let replay = try await letters.replay(to: sink)
            await sink.shutDown()
            standardOutput("\(plan.name): \(replay.delivered) delivered, \(replay.refused) refused again.")
            if let failure = replay.failure { standardError("gantry: \(plan.name): \(failure)") }
            isWell = isWell && replay.refused == 0 && replay.failure == nil
        }
        if !isWell { throw CommandExit.failure }
    }

    private func remove(_ letters: DeadLetters) async throws {
        let known = Set(try await letters.list().map(\.uid))
        let chosen = uids.isEmpty ? known : Set(uids)
        for uid in chosen.subtracting(known).sorted() { standardError("gantry: there is no dead letter \(uid).") }
        let gone = chosen.intersection(known)
        if !options.dryRun { try await letters.remove(gone) }
        standardOutput("\(gone.count) \(options.dryRun ? "would be removed" : "removed").")
        if gone.count < chosen.count { throw CommandExit.failure }
    }
}
