import ComposeModel
import LogProcessing
import LogShipping
import LogSinks
import SinkAPI

/// What is to be shipped where, as a Compose file, a file of its own and the command line say together.
struct ShippingDeclaration: Equatable {
    /// Where metrics are served.
    struct Metrics: Equatable {
        var address = "127.0.0.1"
        /// 0 lets the system choose.
        var port = 0
        var token: String?
    }

    /// What the command line adds.
    struct Additions {
        var sinks: [SinkOption] = []
        /// The routes' mappings with the options that they were written as.
        var routes: [(option: String, value: CanonicalValue)] = []
    }

    let plan: ShippingPlan
    /// Patterns of the containers' labels that records carry.
    let keptLabels: [String]
    /// Of the spool, in bytes.
    let bound: Int?
    /// Where the spool is, instead of in the state's folder.
    let folder: String?
    let metrics: Metrics?
    /// Whether the engine's files may be rotated for services that say nothing of it.
    let rotates: Bool

    /// A smaller spool would be full at once; the disk bounds the rest.
    private static let bounds = (16 << 20)...(1 << 40)
    /// Kinds of sinks whose URLs' paths are of this machine's files.
    private static let fileKinds: Set<String> = ["file", "sqlite"]

    /// - Parameters:
    ///   - logs: the mapping under `logs:`, as the loader has judged its form.
    ///   - directory: where relative paths in sinks' URLs start.
    /// - Throws: ``DeclarationMistakes``.
    init(_ logs: DeclaredValue, adding additions: Additions = Additions(), directory: String) throws {
        var mistakes = DeclarationMistakes()
        let declared = Self.declaredSinks(logs, additions)
        let names = declared.map(\.name)
        let sinks = declared.compactMap { Self.sink($0.name, $0.value, directory, &mistakes) }
        let routes =
            (logs["routes"]?.items ?? [])
            + additions.routes.map { DeclaredValue($0.value, shown: "--route \"\($0.option)\"") }
        let read = routes.map { RouteDeclaration($0, sinks: names, &mistakes) }
        let metrics = logs["metrics"].map(Self.metrics)
        let bound = logs["spool"]?["size"].flatMap { Self.bound($0, &mistakes) }
        guard mistakes.mistakes.isEmpty else { throw mistakes }
        do {
            plan = try ShippingPlan(
                sinks: sinks, routes: read.compactMap(\.route), processing: read.compactMap(\.processing))
        } catch {
            mistakes.add(error.description, at: logs)
            throw mistakes
        }
        let wanted = read.compactMap(\.route).flatMap(\.rule.labels.keys)
        keptLabels = (logs["labels"]?.items.compactMap(\.text) ?? []) + Set(wanted).sorted()
        self.bound = bound
        self.metrics = metrics
        folder = logs["spool"]?["folder"]?.text.map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
        rotates = logs["rotation"]?.value != .bool(false)
    }

    /// The sinks of the file, and over them those of the command line.
    private static func declaredSinks(
        _ logs: DeclaredValue, _ additions: Additions
    ) -> [(name: String, value: DeclaredValue)] {
        var sinks = logs["sinks"]?.entries ?? []
        for option in additions.sinks {
            let name = option.name(besides: sinks.map(\.name))
            let url = CanonicalValue.object([.init("url", .string(option.url))])
            sinks.removeAll { $0.name == name }
            sinks.append((name, DeclaredValue(url, shown: "--sink \(name)")))
        }
        return sinks
    }

    private static func sink(
        _ name: String, _ value: DeclaredValue, _ directory: String, _ mistakes: inout DeclarationMistakes
    ) -> SinkPlan? {
        guard let url = value["url"]?.text else {
            mistakes.add("it has no \"url\"; one is \"file:./logs/{service}.jsonl\"", at: value)
            return nil
        }
        var settings = value.flattened()
        settings["url"] = nil
        return mistakes.catching(at: value) {
            let location = try SinkLocation(parsing: url, settings: settings).starting(from: directory, of: fileKinds)
            let plan = try SinkPlan(name: name, location: location)
            // Opens nothing; what it cannot work with is to be said before anything runs.
            try plan.check(against: try SinkCatalog.make(plan.location).limits)
            return plan
        }
    }

    private static func metrics(_ value: DeclaredValue) -> Metrics {
        var metrics = Metrics()
        metrics.token = value["token"]?.text
        metrics.port = value["port"]?.number.flatMap { Int(exactly: $0) } ?? 0
        if let address = value["address"]?.text { metrics.address = address }
        return metrics
    }

    private static func bound(_ value: DeclaredValue, _ mistakes: inout DeclarationMistakes) -> Int? {
        guard let size = value.number.flatMap({ Int(exactly: $0) }), bounds.contains(size) else {
            mistakes.add(
                "\"\(value.text ?? "")\" is no size from \(bounds.lowerBound >> 20) MiB to \(bounds.upperBound >> 40) TiB",
                at: value)
            return nil
        }
        return size
    }
}

extension SinkLocation {
    /// With a relative path made absolute, where the path is one of this machine's.
    fileprivate func starting(from directory: String, of kinds: Set<String>) -> SinkLocation {
        guard kinds.contains(kind), host.isEmpty, !path.isEmpty, !path.hasPrefix("/") else { return self }
        let rest = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
        return SinkLocation(
            text: text, kind: kind, transport: transport, user: user, password: password, host: host, port: port,
            path: "\(directory)/\(rest)", settings: settings)
    }
}
