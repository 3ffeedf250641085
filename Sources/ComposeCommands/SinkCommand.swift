import ArgumentParser
import ComposeLogs
import ComposeModel
import EngineAPI
import FoundationEssentials
import LogShipping
import LogSinks
import SinkAPI
import Synchronization

/// `gantry sink`
struct SinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink", abstract: "Lists the kinds of log sinks, and tries one.",
        subcommands: [SinkListCommand.self, SinkCheckCommand.self], defaultSubcommand: SinkListCommand.self)
}

/// `gantry sink ls`
struct SinkListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Lists the kinds of log sinks with the forms of their URLs.")

    @OptionGroup var options: GlobalOptions

    func run() {
        var table = TextTable(header: ["KIND", "URL", "WHAT"])
        for kind in SinkCatalog.kinds { table.add([kind.scheme, kind.form, kind.summary]) }
        writeOutput(table.text)
    }
}

/// `gantry sink check`
struct SinkCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tries a log sink step by step, at last with one record.",
        discussion: """
            Names a sink by its URL, or one of the project's by its name. Each step that succeeds is a line with the time
            that it took. Files and Redis go on from the last record that they have, so nothing is sent to them.
            Example: gantry sink check loki+http://127.0.0.1:3100
            """)

    /// Kinds that know by the last record what they have already: a foreign one would have lines doubled or refused.
    private static let continued: Set<String> = ["file", "redis"]

    @Flag(name: .customLong("no-record"), help: "Send no record.")
    var noRecord = false

    @Argument(help: ArgumentHelp("The sink's URL, or its name in the project.", valueName: "sink"))
    var sink: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let plan = try plan()
        let sink = try SinkCatalog.make(plan.location)
        let steps = Steps()
        do {
            try await sink.check { steps.say($0) }
            if !noRecord, !options.dryRun, !Self.continued.contains(plan.location.kind) {
                let refused = try await sink.deliver(Self.batch)
                if let reason = refused.values.first { throw SinkFailure.refused(reason) }
                steps.say("one record was accepted")
            }
            await sink.shutDown()
        } catch {
            await sink.shutDown()
            steps.say("failed: \(error)")
            if let failure = error as? SinkFailure { standardError("gantry: " + Self.advice(failure)) }
            throw CommandExit.failure
        }
    }

    private func plan() throws -> SinkPlan {
        if sink.contains(":") {
            let declaration = try ShippingDeclaration(
                DeclaredValue(.null, shown: ""), adding: .init(sinks: [SinkOption(url: sink)]),
                directory: FileManager.default.currentDirectoryPath)
            if let plan = declaration.plan.sinks.first { return plan }
        }
        let setup = try CommandSession(options).shippingSetup(ShippingOptions.parse([]), services: [])
        if let plan = setup.declaration.plan.sinks.first(where: { $0.name == sink }) { return plan }
        throw ValidationError(
            "There is no sink \"\(sink)\" in \(setup.subject); give a URL, as `gantry sink ls` shows it.")
    }

    private static func advice(_ failure: SinkFailure) -> String {
        switch failure {
        case .unavailable: "See whether the receiver runs, and whether this machine reaches it at that address."
        case .misconfigured: "Correct what the sink is given to be known by: its token, user, certificate or path."
        case .refused: "The receiver is there and does not take such a record: see what it demands of its fields."
        }
    }

    /// One record that says what it is.
    private static var batch: RecordBatch {
        let source = LogSource(container: "gantry-check", name: "gantry-check", service: "gantry-check")
        let record = LogRecord(
            source: source, stream: .stdout, time: .now(), line: Array("gantry sink check: can be ignored".utf8)[...],
            sequence: 1, level: .info)
        // As a spool's own, so that receivers that know records by their identifiers take it for none they have.
        let number = UInt32.random(in: 1...UInt32.max)
        let digits = String(number, radix: 16)
        return RecordBatch(
            epoch: String(repeating: "0", count: 8 - digits.count) + digits, records: [record], range: 1...1)
    }

    /// Says each step with the time since the one before.
    private final class Steps: Sendable {
        private let last = Mutex(ContinuousClock.now)

        func say(_ step: String) {
            let elapsed = last.withLock { last in
                defer { last = .now }
                return ContinuousClock.now - last
            }
            let time = "\(Int(elapsed / .milliseconds(1))) ms"
            standardOutput(String(repeating: " ", count: max(0, 8 - time.count)) + time + "  " + SafeText.line(step))
        }
    }
}

extension SinkOption {
    /// A sink that is named by its kind.
    fileprivate init(url: String) {
        self.name = nil
        self.url = url
    }
}
