import ComposeLogs
import ComposeSupervisor
import DockerEngine
import EngineAPI
import LogShipping
import LogSinks

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A shipper as a service: its signals, its service manager, and the files that it heeds.
struct ShippingService {
    let session: CommandSession
    /// Whether it ends when what was written until now is shipped.
    let once: Bool
    let drainLimit: Duration

    /// How often is looked whether a file has changed: soon enough for who waits for it, and no burden.
    private static let lookInterval: Duration = .seconds(2)

    private enum End {
        case signal(Signal)
        case collected
    }

    private static let say: @Sendable (String) -> Void = { standardError("gantry: \($0)") }

    /// Ships until it is told to end.
    ///
    /// - Parameter load: reads the setup again.
    /// - Throws: `CommandExit` with the code that the command is to end with, unless that is 0; what keeps it from beginning.
    func run(_ setup: ShippingSetup, spool folder: String, load: @escaping @Sendable () throws -> ShippingSetup)
        async throws
    {
        let signals = Signals([.interrupt, .terminate, .hangup])
        let ends = signals.stream(of: [.interrupt, .terminate])
        let impatience = Task { [last = signals.stream(of: [.interrupt, .terminate])] in
            var isRepeated = false
            for await signal in last {
                if isRepeated { _exit(Int32(signal.exitCode)) }
                isRepeated = true
            }
        }
        defer { impatience.cancel() }
        let run = try await ShippingRun.open(setup, spool: folder, try session.shippingSurroundings(of: setup))
        let sinks = setup.declaration.plan.sinks.map(\.name).joined(separator: ", ")
        Self.say("Shipping the output of \(setup.subject) to \(sinks).")
        SystemdNotification.send("READY=1", session.environment)
        do {
            let end = try await serve(run, setup, ends, signals.stream(of: [.hangup]), load)
            try await finish(run, after: end, spool: folder)
        } catch let exit as CommandExit {
            throw exit
        } catch {
            // What was captured is sent all the same.
            sayLeft(await run.end(drainingFor: drainLimit), spool: folder)
            throw error
        }
    }

    private func serve(
        _ run: ShippingRun, _ setup: ShippingSetup, _ ends: AsyncStream<Signal>, _ hangups: AsyncStream<Signal>,
        _ load: @escaping @Sendable () throws -> ShippingSetup
    ) async throws -> End {
        try await withThrowingTaskGroup(of: End?.self) { group in
            group.addTask {
                for await signal in ends { return .signal(signal) }
                return nil
            }
            group.addTask { [once] in
                if once {
                    try await run.collect()
                    return .collected
                }
                try await run.follow()
                return nil
            }
            // One after the other, however many ask for it.
            let wishes = BoundedQueue<Void>(capacity: 1)
            group.addTask {
                for await _ in hangups { wishes.offer(()) }
                return nil
            }
            group.addTask {
                var seen = FileStamp.of(await run.setup.files)
                while true {
                    try await Task.sleep(for: Self.lookInterval)
                    let now = FileStamp.of(await run.setup.files)
                    // Files that a reading has added are known as it read them.
                    if now.contains(where: { file, stamp in seen[file].map { $0 != stamp } ?? false }) {
                        wishes.offer(())
                    }
                    seen = now
                }
            }
            group.addTask {
                while await wishes.next() != nil { await reload(run, load) }
                return nil
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
    }

    private func reload(_ run: ShippingRun, _ load: @Sendable () throws -> ShippingSetup) async {
        SystemdNotification.sendReloading(session.environment)
        do {
            let new = try load()
            guard !new.declaration.plan.sinks.isEmpty else { throw NoSinks(subject: new.subject) }
            try await run.adopt(new)
        } catch {
            Self.say("The declaration cannot be read again, and all goes on as it was:\n\(error)")
        }
        SystemdNotification.send("READY=1", session.environment)
    }

    private func finish(_ run: ShippingRun, after end: End, spool folder: String) async throws {
        if case .signal = end {
            SystemdNotification.send("STOPPING=1", session.environment)
            Self.say("Sending what is left; another signal leaves at once.")
        }
        let left = await run.end(drainingFor: drainLimit)
        sayLeft(left, spool: folder)
        switch end {
        case .collected: if !left.isEmpty { throw CommandExit.failure }
        // A service manager's SIGTERM is how a service ends in order; what is to end by itself did not.
        case .signal(.terminate) where !once: break
        case .signal(let signal): throw CommandExit(rawValue: Int32(signal.exitCode))
        }
    }

    private func sayLeft(_ left: [String: UInt64], spool folder: String) {
        for (sink, records) in left.sorted(by: { $0.key < $1.key }) {
            Self.say(
                "Log sink \(sink) does not have \(records) records yet. They are kept in \(folder) for the next run.")
        }
    }
}

/// What tells that a file is another one than before, or was written to.
private struct FileStamp: Equatable {
    let seconds: Int
    let nanoseconds: Int
    let size: Int
    let inode: UInt64

    /// By file; nil for one that is not there.
    static func of(_ files: [String]) -> [String: FileStamp?] {
        let stamps = files.map { file -> (String, FileStamp?) in
            var status = stat()
            guard stat(file, &status) == 0 else { return (file, nil) }
            return (
                file,
                FileStamp(
                    seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec, size: Int(status.st_size),
                    inode: UInt64(status.st_ino))
            )
        }
        return Dictionary(stamps) { $1 }
    }
}
