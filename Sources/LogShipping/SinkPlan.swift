package import LogProcessing
package import LogSpool
package import SinkAPI

/// One sink as it is wanted: two that are equal need no change.
package struct SinkPlan: Sendable, Equatable {
    /// What people, the spool and files know it by.
    package let name: String
    /// Where it delivers to. The settings that every sink has are taken out.
    package let location: SinkLocation
    package let whenFull: FullSpoolPolicy
    /// Where it begins if the spool does not know it.
    package let start: SinkStart
    /// Which records it gets: those that one of these takes.
    package internal(set) var rules = [RouteRule()]
    private let batch: Settings

    /// What the settings say of batches.
    private struct Settings: Equatable {
        var bytes: Int?
        var count: Int?
        var age: Duration?
        var window: Int?
    }

    /// Batches of so many bytes fit into memory a few times; smaller ones than the least cost more than they carry.
    private static let bytes = (1 << 10)...(64 << 20)
    private static let counts = 1...100_000
    private static let windows = 1...64
    private static let ages: ClosedRange<Duration> = .zero ... .seconds(3600)
    /// It is a file's name too.
    private static let longestName = 100

    /// - Parameter location: its settings may have `batch.bytes`, `batch.count`, `batch.age`, `window` and `when_full`.
    /// - Throws: where one of these is not right, or the name is empty, too long, or has control characters.
    package init(
        name: String, location: SinkLocation, start: SinkStart = .oldest
    ) throws(SinkConfigurationError) {
        guard !name.isEmpty, name.utf8.count <= SinkPlan.longestName, !name.utf8.contains(where: { $0 < 0x20 }) else {
            throw SinkConfigurationError("\"\(name)\" cannot name a sink: 1 to \(SinkPlan.longestName) characters can")
        }
        self.name = name
        self.start = start
        var location = location
        var batch = Settings()
        if let (key, text) = location.take("batch.bytes") {
            batch.bytes = try SettingValue.bounded(SettingValue.size(text, key), SinkPlan.bytes, key)
        }
        if let (key, text) = location.take("batch.count") {
            batch.count = try SettingValue.bounded(SettingValue.count(text, key), SinkPlan.counts, key)
        }
        if let (key, text) = location.take("batch.age") {
            batch.age = try SettingValue.bounded(SettingValue.duration(text, key), SinkPlan.ages, key)
        }
        if let (key, text) = location.take("window") {
            batch.window = try SettingValue.bounded(SettingValue.count(text, key), SinkPlan.windows, key)
        }
        if let (key, text) = location.take("when_full") {
            guard let policy = FullSpoolPolicy(rawValue: text) else {
                let known = FullSpoolPolicy.allCases.map(\.rawValue).joined(separator: ", ")
                throw SinkConfigurationError("\(key) is \"\(text)\": it is one of \(known)")
            }
            whenFull = policy
        } else {
            whenFull = .keep
        }
        self.batch = batch
        self.location = location
    }

    /// The sink's own limits, and over them what the settings say. A sink that has a window of 1 needs the order, and keeps
    /// it: see ``check(against:)``.
    func limits(over own: BatchLimits) -> BatchLimits {
        BatchLimits(
            bytes: batch.bytes ?? own.bytes, count: max(1, batch.count ?? own.count), age: batch.age ?? own.age,
            window: own.window == 1 ? 1 : max(1, batch.window ?? own.window))
    }

    /// Refuses what a sink with these limits cannot do.
    package func check(against own: BatchLimits) throws(SinkConfigurationError) {
        guard own.window == 1, let window = batch.window, window > 1 else { return }
        throw SinkConfigurationError(
            "\(location.text) has one batch under way at a time, lest lines are lost or change their order: a \"window\" "
                + "of \(window) cannot be")
    }
}

extension SinkLocation {
    /// Takes a setting out.
    fileprivate mutating func take(_ key: String) -> (key: String, text: String)? {
        settings.removeValue(forKey: key).map { (key, $0) }
    }
}
