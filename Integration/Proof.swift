import FoundationEssentials

/// How much of the long proofs is run: a share of each in every run of the tests, all of it with `GANTRY_PROOF=full`.
///
/// What is random draws anew in each run, so that the shares add up.
enum Proof {
    static let isFull = ProcessInfo.processInfo.environment["GANTRY_PROOF"] == "full"

    /// So many rounds of `whole`.
    static func rounds(of whole: Int) -> Int { isFull ? whole : whole / share }

    /// From one request that is broken to the next: in a share, three ways of breaking reach each request between them.
    static let stride = isFull ? 1 : 3

    /// A fifth takes minutes where all takes a quarter of an hour.
    private static let share = 5
}
