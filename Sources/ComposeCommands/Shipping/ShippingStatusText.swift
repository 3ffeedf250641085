import ArgumentParser
import ComposeLogs
import EngineAPI
import FoundationEssentials
import LogShipping

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a shipper is at, as `gantry ship --status` shows it.
enum ShippingStatusText {
    /// A shipper writes its status every second; one that is so late is not at work.
    private static let longestSilence: Int64 = 10_000_000_000

    static func show(spool folder: String, of setup: ShippingSetup, as format: TableFormat) throws {
        guard let status = try ShippingStatus.read(spool: folder) else {
            standardError("gantry: Nothing was shipped of \(setup.subject) yet. `gantry ship` does it.")
            throw CommandExit.failure
        }
        switch format {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            standardOutput(String(decoding: try encoder.encode(status), as: UTF8.self))
        case .table: writeOutput(text(status, now: .now()))
        }
    }

    static func text(_ status: ShippingStatus, now: EngineTime) -> String {
        let time = EngineTime(status.time)
        // One that ended in order has written lately too.
        let isAlive = kill(status.process, 0) == 0 || errno == EPERM
        let isAtWork = isAlive && time.map { now.nanoseconds - $0.nanoseconds < longestSilence } ?? false
        let share = status.spool.bound > 0 ? status.spool.bytes * 100 / status.spool.bound : 0
        var lines = [
            isAtWork
                ? "Process \(status.process) is shipping."
                : "No process is shipping; process \(status.process) was last, at \(status.time).",
            "The spool has \(ByteText.text(Int64(status.spool.bytes))), \(share) % of its bound"
                + (status.spool.isOutOfSpace ? ", and its disk is full." : "."),
        ]
        if let failure = status.spool.failure { lines.append(failure) }
        var table = TextTable(header: ["SINK", "STATE", "DELIVERED", "BACKLOG", "AGE", "RETRIES", "DEAD", "DROPPED"])
        for sink in status.sinks {
            table.add([
                sink.name, sink.state.rawValue, "\(sink.deliveredRecords)", "\(sink.backlogRecords)",
                "\(Int(sink.backlogAgeSeconds)) s", "\(sink.retries)", "\(sink.deadLetters)",
                "\(sink.dropped.values.reduce(0, +) + sink.lost)",
            ])
        }
        let reasons = status.sinks.compactMap { sink in sink.reason.map { "\(sink.name): \($0)" } }
        return lines.joined(separator: "\n") + "\n\n" + table.text + reasons.map { $0 + "\n" }.joined()
    }
}
