package import Metrics
import Synchronization

/// Keeps the numbers that go through swift-metrics, and shows them in Prometheus' text format, version 0.0.4.
///
/// Counters and gauges are what they are; what is recorded as a distribution, and timers, are shown as count and sum.
package final class PrometheusRegistry: MetricsFactory {
    private let state = Mutex<[String: [String: Series]]>([:])

    package init() {}

    /// All numbers, sorted by name and labels.
    package func text() -> String {
        let families = state.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            guard let kind = family.values.first?.kind else { continue }
            text += "# TYPE \(name) \(kind.rawValue)\n"
            for (labels, series) in family.sorted(by: { $0.key < $1.key }) {
                let (count, value) = series.read()
                let shown = labels.isEmpty ? "" : "{\(labels)}"
                switch kind {
                case .counter, .gauge: text += "\(name)\(shown) \(PrometheusRegistry.number(value))\n"
                case .summary:
                    text += "\(name)_sum\(shown) \(PrometheusRegistry.number(value))\n\(name)_count\(shown) \(count)\n"
                }
            }
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    // MARK: Names

    /// The series of a name and its labels. One that is used as something else already is counted, but not shown.
    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: Series.Kind) -> Series {
        let name = PrometheusRegistry.name(label)
        let labels = dimensions.map { key, value in
            "\(PrometheusRegistry.name(key))=\"\(PrometheusRegistry.escaped(value))\""
        }
        .joined(separator: ",")
        return state.withLock { families in
            if let known = families[name]?[labels], known.kind == kind { return known }
            let series = Series(kind)
            if families[name]?.values.first.map({ $0.kind == kind }) ?? true {
                families[name, default: [:]][labels] = series
            }
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { families in
            families = families.compactMapValues { family in
                let rest = family.filter { $0.value !== handler }
                return rest.isEmpty ? nil : rest
            }
        }
    }

    private static func name(_ text: String) -> String {
        let name = text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            return isPlain ? Character(UnicodeScalar(byte)) : "_"
        }
        return name.first?.isNumber ?? true ? "_" + String(name) : String(name)
    }

    private static func escaped(_ value: String) -> String {
        value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, aggregate ? .summary : .gauge)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .summary)
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

/// One number, of whatever kind.
private final class Series: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    enum Kind: String {
        case counter, gauge, summary
    }

    let kind: Kind
    private let state = Mutex((count: UInt64(0), value: 0.0))

    init(_ kind: Kind) { self.kind = kind }

    func read() -> (count: UInt64, value: Double) { state.withLock { $0 } }

    private func add(_ amount: Double) {
        state.withLock { state in
            state.count += 1
            state.value += amount
        }
    }

    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func reset() { set(0.0) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { kind == .summary ? add(value) : set(value) }
    func recordNanoseconds(_ duration: Int64) { add(Double(duration) / 1e9) }
}
