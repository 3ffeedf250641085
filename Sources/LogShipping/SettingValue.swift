import SinkAPI

/// Reads the values of settings.
enum SettingValue {
    /// `4096`, `512k`, `1MB`, `1MiB`: as Compose writes sizes, in powers of 1024.
    static func size(_ text: String, _ key: String) throws(SinkConfigurationError) -> Int {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let shift: Int? =
            switch text.dropFirst(digits.count).lowercased() {
            case "", "b": 0
            case "k", "kb", "kib": 10
            case "m", "mb", "mib": 20
            case "g", "gb", "gib": 30
            default: nil
            }
        guard let shift, let number = Int(digits), number <= Int.max >> shift else {
            throw SinkConfigurationError("\(key) is \"\(text)\", which is no size: one is written like 512kb or 1mb")
        }
        return number << shift
    }

    /// `500ms`, `2s`, `1m30s`.
    static func duration(_ text: String, _ key: String) throws(SinkConfigurationError) -> Duration {
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("us", .microseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
            ("h", .seconds(3600)),
        ]
        var (rest, sum) = (text[...], Duration.zero)
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let number = Int32(digits), let unit = units.first(where: { rest.hasPrefix($0.0) }) else {
                throw SinkConfigurationError(
                    "\(key) is \"\(text)\", which is no duration: one is written like 500ms or 1m30s")
            }
            rest = rest.dropFirst(unit.0.count)
            sum += unit.1 * Int(number)
        } while !rest.isEmpty
        return sum
    }

    static func count(_ text: String, _ key: String) throws(SinkConfigurationError) -> Int {
        guard let number = Int(text) else { throw SinkConfigurationError("\(key) is \"\(text)\", which is no number") }
        return number
    }

    /// A value within bounds.
    static func bounded<Value: Comparable>(
        _ value: Value, _ bounds: ClosedRange<Value>, _ key: String
    ) throws(SinkConfigurationError) -> Value {
        guard bounds.contains(value) else {
            throw SinkConfigurationError(
                "\(key) is out of bounds: it goes from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return value
    }
}
