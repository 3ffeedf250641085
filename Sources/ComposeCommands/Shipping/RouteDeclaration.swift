import ComposeLoader
import ComposeModel
import EngineAPI
import LogProcessing
import LogShipping
import SinkAPI

/// One item of `routes`: which records go where, and what is done to the lines of its services.
struct RouteDeclaration {
    /// Nil where it only says what is done to lines.
    private(set) var route: ShippingPlan.Route?
    private(set) var processing: ShippingPlan.Processing?

    /// What stands for lines whose level is not known.
    private static let unknownLevel = "unknown"
    /// What stands for all kinds of secrets that are known by their form.
    private static let allBuiltIns = "all"

    /// - Parameter sinks: the sinks that there are.
    init(_ value: DeclaredValue, sinks: [String], _ mistakes: inout DeclarationMistakes) {
        let services = Self.globs(value["services"])
        let multiline = value["multiline"].flatMap { Self.multiline($0, &mistakes) }
        let redaction = RedactionRule(
            patterns: Self.patterns(value["redact"], &mistakes),
            keys: value["redact_keys"]?.items.compactMap(\.text) ?? [],
            builtIns: Self.builtIns(value["redact_builtin"], &mistakes))
        if multiline != nil || !redaction.isEmpty {
            processing = ShippingPlan.Processing(services: services, multiline: multiline, redaction: redaction)
        }
        var rule = RouteRule(services: services)
        for (name, pattern) in value["labels"]?.entries ?? [] { rule.labels[name] = GlobPattern(pattern.text ?? "*") }
        rule.streams = Set((value["streams"]?.items ?? []).compactMap { $0.text.flatMap(OutputStream.init(named:)) })
        rule.levels = Self.levels(value["levels"], &mistakes)
        rule.include = Self.patterns(value["include"], &mistakes)
        rule.exclude = Self.patterns(value["exclude"], &mistakes)
        if let sample = value["sample"] {
            rule.sample = sample.number ?? 1
            if !(0...1).contains(rule.sample) { mistakes.add("a share goes from 0 to 1", at: sample) }
        }
        rule.rate = value["rate"]?.number.flatMap { Int(exactly: $0) }
        guard let to = value["to"] else {
            if processing == nil || rule != RouteRule(services: services) {
                mistakes.add("it does not say where records go; write \"to: [\(sinks.first ?? "NAME")]\"", at: value)
            }
            return
        }
        var names: [String] = []
        for item in to.items {
            guard let name = item.text else { continue }
            names.append(name)
            if !sinks.contains(name) {
                let hint = Suggestion.hint(for: name, among: sinks).map { "; \($0)" }
                let known = sinks.isEmpty ? "" : "; there are \(sinks.joined(separator: ", "))"
                mistakes.add("there is no sink \"\(name)\"\(hint ?? known)", at: to.items.count == 1 ? to : item)
            }
        }
        route = ShippingPlan.Route(rule, to: names.filter(sinks.contains))
    }

    // MARK: Parts

    private static func globs(_ value: DeclaredValue?) -> [GlobPattern] {
        (value?.items ?? []).compactMap { $0.text.map(GlobPattern.init) }
    }

    private static func patterns(_ value: DeclaredValue?, _ mistakes: inout DeclarationMistakes) -> [Pattern] {
        (value?.items ?? []).compactMap { item in mistakes.catching(at: item) { try Pattern(item.text ?? "") } }
    }

    private static func levels(_ value: DeclaredValue?, _ mistakes: inout DeclarationMistakes) -> Set<LogLevel?> {
        let known = LogLevel.allCases.map(\.name) + [unknownLevel]
        var levels: Set<LogLevel?> = []
        for item in value?.items ?? [] {
            let name = item.text ?? ""
            if known.contains(name) {
                levels.insert(LogLevel.allCases.first { $0.name == name })
            } else {
                let hint = Suggestion.hint(for: name, among: known).map { "; \($0)" }
                mistakes.add(
                    "there is no level \"\(name)\"\(hint ?? "; there are \(known.joined(separator: ", "))")", at: item)
            }
        }
        return levels
    }

    private static func builtIns(
        _ value: DeclaredValue?, _ mistakes: inout DeclarationMistakes
    ) -> Set<BuiltInRedaction> {
        let known = BuiltInRedaction.allCases.map(\.rawValue) + [allBuiltIns]
        var builtIns: Set<BuiltInRedaction> = []
        for item in value?.items ?? [] {
            let name = item.text ?? ""
            if name == allBuiltIns {
                builtIns.formUnion(BuiltInRedaction.allCases)
            } else if let builtIn = BuiltInRedaction(rawValue: name) {
                builtIns.insert(builtIn)
            } else {
                let hint = Suggestion.hint(for: name, among: known).map { "; \($0)" }
                mistakes.add(
                    "no secrets are known as \"\(name)\"\(hint ?? "; there are \(known.joined(separator: ", "))")",
                    at: item)
            }
        }
        return builtIns
    }

    private static func multiline(_ value: DeclaredValue, _ mistakes: inout DeclarationMistakes) -> MultilineRule? {
        let kind: MultilineRule.Kind?
        switch (value["start"], value["continuation"]) {
        case (let start?, nil):
            kind = mistakes.catching(at: start) { .start(try Pattern(start.text ?? "")) }
        case (nil, let continuation?):
            kind = mistakes.catching(at: continuation) { .continuation(try Pattern(continuation.text ?? "")) }
        default:
            mistakes.add("it has either \"start\" or \"continuation\"", at: value)
            kind = nil
        }
        guard let kind else { return nil }
        var rule = MultilineRule(kind)
        if let timeout = value["timeout"], let duration = timeout.text.flatMap({ ComposeDuration($0) }) {
            rule.timeout = .nanoseconds(duration.nanoseconds)
            if duration.nanoseconds <= 0 || rule.timeout > longestTimeout {
                mistakes.add("it is more than nothing and at most \(longestTimeout.components.seconds)s", at: timeout)
            }
        }
        if let lines = value["lines"]?.number { rule.lines = Int(exactly: lines) ?? rule.lines }
        if let bytes = value["bytes"] {
            guard let size = bytes.number.flatMap({ Int(exactly: $0) }), size > 0 else {
                mistakes.add("\"\(bytes.text ?? "")\" is no size; one is written like 64kb", at: bytes)
                return rule
            }
            rule.bytes = size
        }
        return rule
    }

    /// For so long a record may be kept from the sinks: who watches logs notices more.
    private static let longestTimeout: Duration = .seconds(60)
}

extension OutputStream {
    fileprivate init?(named name: String) {
        switch name {
        case "stdout": self = .stdout
        case "stderr": self = .stderr
        default: return nil
        }
    }
}
