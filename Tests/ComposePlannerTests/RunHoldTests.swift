import ComposePlanner
import EngineAPI
import Testing

/// What becomes of a run's containers when it ends.
@Suite struct RunHoldTests {
    /// A run called `r` that has started `web`, `api` and `db`; `admin` needs `db` too.
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        var unheld: Set<String> = ["web", "api", "db"]
        var stopped: [String] = ["admin"]
        var started: [String] = ["web", "api", "db"]
        var own: Set<String> = ["web", "api", "db"]
        /// The services of another run.
        var other: Set<String> = []
        var otherOwn: Set<String> = []
        var isOtherEnding = false
        var isKnown = true
        let ending: Set<String>
        var staying: [String: String] = [:]
        var heirs: [String: Set<String>] = [:]
        var passing: Set<String> = []

        var testDescription: String { what }
    }

    @Test(arguments: [
        Row(what: "all ends", ending: ["web", "api", "db"]),
        Row(
            what: "what a container needs that goes on stays", stopped: [], ending: ["web", "api"],
            staying: ["db": "admin needs it"]),
        Row(
            what: "what another run has yet to use stays, and is left to it", other: ["admin", "db"],
            ending: ["web", "api"], staying: ["db": "gantry up (process 2) needs it"], heirs: ["o": ["db"]]),
        Row(
            what: "a run that is about to end holds nothing", other: ["admin", "db"], isOtherEnding: true,
            ending: ["web", "api", "db"]),
        Row(
            what: "what it needs while it ends stays as long", stopped: [], other: ["admin", "db"],
            otherOwn: ["admin"], isOtherEnding: true, ending: ["web", "api"], staying: ["db": "admin needs it"],
            passing: ["db"]),
        Row(
            what: "what it only found running needs it longer than that", stopped: [], other: ["admin", "db"],
            isOtherEnding: true, ending: ["web", "api"], staying: ["db": "admin needs it"]),
        Row(
            what: "what stays keeps what it needs", other: ["api"], ending: ["web"],
            staying: ["api": "gantry up (process 2) needs it", "db": "api needs it"], heirs: ["o": ["api"]]),
        Row(
            what: "what was asked for since stays", unheld: ["web", "api"], ending: ["web", "api"],
            staying: ["db": "another command has asked for it since"]),
        Row(what: "where the state was lost, all ends", unheld: [], isKnown: false, ending: ["web", "api", "db"]),
        Row(
            what: "what another run left to it ends with it", stopped: ["admin", "api"], started: ["web"],
            own: ["web", "db"], ending: ["web", "db"]),
        Row(what: "what ran before stays", started: ["web"], own: ["web"], ending: ["web"]),
    ]) func aRunEndsWhatNobodyElseNeeds(_ row: Row) throws {
        var stage = try HoldTests.stage(["db", "api>db", "web>api", "admin>db"])
        for service in row.stopped { try stage.stop("shop-\(service)-1") }
        let run = RunHold(
            id: "r", holder: "gantry up (process 1)", named: ["web"], services: ["web", "api", "db"], own: row.own)
        let other = RunHold(
            id: "o", holder: "gantry up (process 2)", named: row.other, services: row.other,
            own: row.otherOwn, isEnding: row.isOtherEnding)
        let holds = HoldSet(unheld: row.unheld, runs: (row.isKnown ? [run] : []) + (row.other.isEmpty ? [] : [other]))
        let containers = stage.observed.containers
        let ids = Dictionary(uniqueKeysWithValues: containers.map { ($0.service, $0.id) })
        let release = holds.release(of: "r", started: Set(row.started.compactMap { ids[$0] }), among: containers)
        let expected = RunRelease(
            ending: Set(row.ending.compactMap { ids[$0] }), staying: row.staying, heirs: row.heirs,
            passing: row.passing)
        #expect(release == expected)
    }
}
