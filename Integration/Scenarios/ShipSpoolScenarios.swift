import Testing

/// A spool that is full: `ship` lives on, and says exactly what is lost.
@Suite(.onEngine) struct ShipSpoolScenarios {
    /// Many times what the slowest takes on an idle machine.
    private static let limit: Duration = .seconds(400)

    private static func compose(_ lines: Int, port: Int, spool: String, policy: String = "keep") -> String {
        """
        services:
        \(LogWriter.bursting("talker", lines, padding: 400))
        x-gantry:
          logs:
            sinks: {hook: 'http://127.0.0.1:\(port)/?compression=none&when_full=\(policy)'}
            spool: {\(spool)}
        """
    }

    @Test(arguments: ["drop_oldest", "evict_sink"])
    func whatAFullSpoolDropsMustBeSaidToTheLine(policy: String) async throws {
        let lines = 60_000
        let port = try await Listener.freePort()
        let compose = Self.compose(lines / 2, port: port, spool: "size: 16mb", policy: policy)
        try await Scenario.with(compose, limit: Self.limit) { scenario in
            try await scenario.gantry("up", "-d")
            let log = try await scenario.whileRunning("ship", "--once", "--drain-timeout", "0") { _ in }
            log.exits(1)
            try await LogReceiver.with(.batches, port: port) { receiver, _ in
                try await scenario.gantry("ship", "--once", "--drain-timeout", "100")
                print("ship past a full spool, \(policy): \(receiver.lines), lost \(receiver.lost)")
                // The writer says one line of its own, which may be among either.
                #expect((0...1).contains(receiver.lost + receiver.lines.total - lines), "\(receiver.lines)")
                #expect(receiver.lost > 0 && receiver.lines.doubled == 0)
            }
        }
    }
}
