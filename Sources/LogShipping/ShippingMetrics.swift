import EngineAPI
import LogProcessing
import LogSpool
import Metrics

/// A sink's numbers, through swift-metrics. They are the process's: they begin at 0 when it does.
struct SinkMetrics: Sendable {
    let records: Counter
    let bytes: Counter
    let batches: Counter
    let retries: Counter
    let dead: Counter
    let lost: Counter
    private let drops: [Counter]
    private let lag: Gauge
    private let backlogRecords: Gauge
    private let backlogBytes: Gauge
    private let backlogAge: Gauge
    private let underWay: Gauge
    private let isFailing: Gauge
    private let lastError: Gauge

    init(sink: String, factory: any MetricsFactory) {
        let dimensions = [("sink", sink)]
        func counter(_ name: String) -> Counter {
            Counter(label: "gantry_ship_\(name)_total", dimensions: dimensions, factory: factory)
        }
        func gauge(_ name: String) -> Gauge {
            Gauge(label: "gantry_ship_\(name)", dimensions: dimensions, factory: factory)
        }
        records = counter("records")
        bytes = counter("bytes")
        batches = counter("batches")
        retries = counter("retries")
        dead = counter("dead_records")
        lost = counter("lost_records")
        drops = DropCause.allCases.map { cause in
            Counter(
                label: "gantry_ship_dropped_records_total", dimensions: dimensions + [("cause", cause.name)],
                factory: factory)
        }
        lag = gauge("lag_seconds")
        backlogRecords = gauge("backlog_records")
        backlogBytes = gauge("backlog_bytes")
        backlogAge = gauge("backlog_age_seconds")
        underWay = gauge("batches_under_way")
        isFailing = gauge("failing")
        lastError = gauge("last_error_timestamp_seconds")
    }

    func dropped(_ counts: [UInt64], before: [UInt64]) {
        for (index, counter) in drops.enumerated() where index < counts.count {
            let rise = counts[index] - (index < before.count ? before[index] : 0)
            if rise > 0 { counter.increment(by: rise) }
        }
    }

    func measure(_ account: SinkAccount, _ backlog: SpoolMetrics.Backlog, now: EngineTime) {
        lag.record(account.lag(now: now))
        backlogRecords.record(backlog.records)
        backlogBytes.record(backlog.bytes)
        backlogAge.record(account.age(now: now))
        underWay.record(account.batchesUnderWay)
        isFailing.record(account.trouble == nil ? 0 : 1)
        if let time = account.lastError?.time { lastError.record(Double(time.nanoseconds) / 1e9) }
    }
}

/// The spool's numbers.
struct SpoolGauges: Sendable {
    let records: Counter
    let bytes: Counter
    private let size: Gauge
    private let kept: Gauge
    private let syncs: Gauge
    private let syncSeconds: Gauge
    private let stalled: Gauge
    private let damaged: Gauge

    init(factory: any MetricsFactory) {
        func gauge(_ name: String) -> Gauge { Gauge(label: "gantry_spool_\(name)", factory: factory) }
        records = Counter(label: "gantry_spool_appended_records_total", factory: factory)
        bytes = Counter(label: "gantry_spool_appended_bytes_total", factory: factory)
        size = gauge("bytes")
        kept = gauge("records")
        syncs = gauge("syncs")
        syncSeconds = gauge("sync_seconds")
        stalled = gauge("stalled_appends")
        damaged = gauge("damaged_records")
    }

    func measure(_ spool: SpoolMetrics) {
        size.record(spool.bytes)
        kept.record(spool.records)
        syncs.record(spool.syncs)
        syncSeconds.record(spool.syncTime / .seconds(1))
        stalled.record(spool.stalledAppends)
        damaged.record(spool.damagedRecords)
    }
}
