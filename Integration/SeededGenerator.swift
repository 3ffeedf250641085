import FoundationEssentials

/// Random numbers that can be had again: `GANTRY_SEED` gives the seed, and whoever draws from it prints it.
struct SeededGenerator: RandomNumberGenerator {
    /// The seed of this run.
    static let seed =
        ProcessInfo.processInfo.environment["GANTRY_SEED"].flatMap(UInt64.init) ?? .random(in: 0...9_999_999)

    private var state: UInt64

    /// - Parameter stream: tells those apart that draw at the same time.
    init(stream: Int) { state = SeededGenerator.seed &* 1000 &+ UInt64(stream) }

    // SplitMix64, whose constants these are.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
