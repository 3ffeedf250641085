import EngineAPI

/// How much of a container's output the engine keeps before it drops the oldest, by files of one size.
struct Retention: Equatable, Sendable {
    /// Of a file, in bytes.
    let fileSize: Int
    let files: Int
    /// What the engine adds to each line in a file, in bytes.
    let overhead: Int

    /// All files but the one that is being dropped.
    var size: Int { fileSize * max(1, files - 1) }

    /// Nil where the engine drops nothing.
    init?(_ logging: LoggingSpec?) {
        guard let logging else { return nil }
        let options = logging.options
        switch logging.driver {
        // Podman's files grow without end as well, unless they are given a size.
        case "json-file", "k8s-file":
            guard let size = options["max-size"].flatMap(Retention.bytes), size > 0 else { return nil }
            // {"log":"...\n","stream":"stdout","time":"2026-01-01T00:00:00.000000000Z"}
            self.init(size, options["max-file"], or: 1, overhead: 72)
        case "local": self.init(options["max-size"].flatMap(Retention.bytes), options["max-file"])
        case "none": return nil
        // What another driver takes away is read from the engine's cache, which is kept as `local` keeps its files.
        default: self.init(options["cache-max-size"].flatMap(Retention.bytes), options["cache-max-file"])
        }
    }

    /// Without settings, `local` keeps five files of 20 MB.
    private init(_ size: Int?, _ files: String?, or most: Int = 5, overhead: Int = 32) {
        fileSize = max(1, size ?? 20_000_000)
        self.files = files.flatMap { Int($0) } ?? most
        self.overhead = overhead
    }

    /// `10m`, `1.5g`, `500k`, `100`: the units are taken as thousands, the less of both readings.
    static func bytes(_ text: String) -> Int? {
        var text = text.lowercased().filter { $0 != " " }[...]
        if text.hasSuffix("ib") { text = text.dropLast(2) } else if text.hasSuffix("b") { text = text.dropLast() }
        let factors: [Character: Double] = ["k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12]
        let factor = text.last.flatMap { factors[$0] }
        if factor != nil { text = text.dropLast() }
        // More than a disk has is no limit of anything.
        guard let value = Double(String(text)), value >= 0, value * (factor ?? 1) < 1e15 else { return nil }
        return Int(value * (factor ?? 1))
    }
}
