package import EngineAPI
package import SinkAPI

/// Which records a route takes. What is empty or nil limits nothing.
package struct RouteRule: Sendable, Equatable {
    /// One of them must match the service's name.
    package var services: [GlobPattern]
    /// All of them must match the container's labels.
    package var labels: [String: GlobPattern]
    package var streams: Set<OutputStream>
    /// Nil among them stands for lines whose level is not known.
    package var levels: Set<LogLevel?>
    /// One of them must match the line.
    package var include: [Pattern]
    /// None of them may.
    package var exclude: [Pattern]
    /// The share of records that is taken, chosen by their identifiers: the same ones at every attempt and everywhere.
    package var sample: Double
    /// How many records a second of the engine's clock a container may have.
    package var rate: Int?

    package init(
        services: [GlobPattern] = [], labels: [String: GlobPattern] = [:], streams: Set<OutputStream> = [],
        levels: Set<LogLevel?> = [], include: [Pattern] = [], exclude: [Pattern] = [], sample: Double = 1,
        rate: Int? = nil
    ) {
        self.services = services
        self.labels = labels
        self.streams = streams
        self.levels = levels
        self.include = include
        self.exclude = exclude
        self.sample = sample
        self.rate = rate
    }

    /// Whether the route is for a container's records at all.
    package func selects(_ source: LogSource) -> Bool {
        (services.isEmpty || services.contains { $0.matches(source.service) })
            && labels.allSatisfy { name, value in source.labels[name].map(value.matches) ?? false }
    }

    /// Whether the route is for a record of such a container. What it does not select is not dropped: it goes elsewhere.
    func selects(_ record: LogRecord) -> Bool {
        (streams.isEmpty || streams.contains(record.stream)) && (levels.isEmpty || levels.contains(record.level))
    }

    /// Whether the line's text keeps it out.
    func excludes(_ line: ArraySlice<UInt8>) -> Bool {
        !include.isEmpty && !include.contains { $0.matches(line) } || exclude.contains { $0.matches(line) }
    }
}

/// Why a route does not deliver a record that it is for.
package enum DropCause: Int, Sendable, CaseIterable {
    case pattern, sampling, rate

    /// For metrics.
    package var name: String { String(describing: self) }

    /// For people.
    var reason: String {
        switch self {
        case .pattern: "left out by a pattern"
        case .sampling: "left out by sampling"
        case .rate: "over the rate limit"
        }
    }
}
