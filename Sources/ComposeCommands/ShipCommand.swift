import ArgumentParser
import ComposeLogs
import ComposeModel
import ComposeSupervisor
import DockerEngine
import FoundationEssentials
import LogShipping
import LogSinks
import SinkAPI

/// `gantry ship`
struct ShipCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ship", abstract: "Ships what the containers write to log sinks, each line once.",
        discussion: """
            Sinks and routes stand in the Compose file under `x-gantry: {logs: ...}`; --sink and --route add to them.
            Lines are kept in a spool on the disk until every sink has them. SIGHUP, or a change of the files, has them
            read again; SIGTERM and Ctrl-C end it when all is sent, or after --drain-timeout; a second one leaves at once.
            `gantry ship dlq` has the records that sinks refused.
            Example: gantry ship --sink loki+http://127.0.0.1:3100 --sink 'file:./logs/{service}.jsonl'
            """)

    @OptionGroup var shipping: ShippingOptions

    @Flag(name: .customLong("once"), help: "Ship what has been written until now, and end.")
    var once = false

    @Option(
        name: .customLong("drain-timeout"),
        help: ArgumentHelp("Seconds that the end waits for the sinks; default: 10.", valueName: "seconds"))
    var drainTimeout: Int = 10

    @Flag(name: .customLong("status"), help: "Show what the shipper that runs is at, and do nothing else.")
    var status = false

    @Option(name: .customLong("format"), help: ArgumentHelp("The form of --status.", valueName: "form"))
    var format: TableFormat = .table

    @Flag(name: .customLong("print-unit"), help: "Print a systemd unit that runs this, and do nothing else.")
    var printUnit = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    /// For what comes beside the draining: the end of the captures, and closing the spool.
    private static let stopMargin: Int64 = 30

    func validate() throws {
        guard (0...86_400).contains(drainTimeout) else {
            throw ValidationError("--drain-timeout \(drainTimeout) is not from 0 to 86400 seconds.")
        }
    }

    func run() async throws {
        let session = try CommandSession(options)
        let setup = try session.shippingSetup(shipping, services: services)
        let folder = session.spoolPath(setup)
        if status { return try ShippingStatusText.show(spool: folder, of: setup, as: format) }
        guard !setup.declaration.plan.sinks.isEmpty else {
            throw NoSinks(subject: setup.subject)
        }
        if printUnit { return standardOutput(try unit(setup, session).description) }
        if options.dryRun { return standardOutput(Self.description(of: setup)) }
        try await ShippingService(session: session, once: once, drainLimit: .seconds(drainTimeout)).run(
            setup, spool: folder
        ) { try session.shippingSetup(shipping, services: services) }
    }

    /// What would be shipped where.
    private static func description(of setup: ShippingSetup) -> String {
        let sinks = setup.declaration.plan.sinks.map { "  \($0.name)  \($0.location.text)" }
        return (["The output of \(setup.subject) would be shipped to:"] + sinks).joined(separator: "\n")
    }

    private func unit(_ setup: ShippingSetup, _ session: CommandSession) throws -> UnitText {
        guard !shipping.hasSecrets else {
            throw ValidationError(
                "A --sink holds a secret, which everybody could read in a unit and in the list of processes. Declare that "
                    + "sink in the Compose file, or in the file of --config, and take the secret from there.")
        }
        let project = shipping.all ? nil : try session.loadProject()
        var arguments = try project.map(session.unitOptions) ?? []
        arguments += ["ship"] + shipping.arguments
        if once { arguments.append("--once") }
        arguments += ["--drain-timeout", "\(drainTimeout)"] + services
        return UnitText(
            title: "The output of \(setup.subject), shipped by Gantry",
            workingDirectory: project?.workingDirectory ?? FileManager.default.currentDirectoryPath,
            program: try CommandSession.programPath(), arguments: arguments, variables: session.unitVariables,
            needsDocker: session.usesLocalDocker, stopSeconds: Int64(drainTimeout) + Self.stopMargin)
    }
}

/// Nothing could be shipped anywhere.
struct NoSinks: Error, CustomStringConvertible {
    /// What was to be shipped.
    let subject: String

    var description: String {
        "No sink is declared for \(subject). Write one under `x-gantry: {logs: {sinks: ...}}`, or give --sink URL; "
            + "`gantry sink ls` lists the kinds."
    }
}
