package import LogProcessing
package import SinkAPI

/// Which sinks there are, what each gets, and what is done to lines before they are spooled.
package struct ShippingPlan: Sendable, Equatable {
    /// Which records go where.
    package struct Route: Sendable, Equatable {
        package var rule: RouteRule
        /// The sinks' names.
        package var sinks: [String]

        package init(_ rule: RouteRule, to sinks: [String]) {
            self.rule = rule
            self.sinks = sinks
        }
    }

    /// What is done to the lines of some services. Of several for one service, the first that joins lines does, and all
    /// that redact do.
    package struct Processing: Sendable, Equatable {
        /// Empty: all.
        package var services: [GlobPattern]
        package var multiline: MultilineRule?
        package var redaction: RedactionRule

        package init(
            services: [GlobPattern] = [], multiline: MultilineRule? = nil, redaction: RedactionRule = RedactionRule()
        ) {
            self.services = services
            self.multiline = multiline
            self.redaction = redaction
        }
    }

    package let sinks: [SinkPlan]
    package let processing: [Processing]

    /// - Parameter routes: a sink that none of them names gets all records.
    /// - Throws: where two sinks have one name, or a route names none of them.
    package init(
        sinks: [SinkPlan], routes: [Route] = [], processing: [Processing] = []
    ) throws(SinkConfigurationError) {
        let names = sinks.map(\.name)
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw SinkConfigurationError("two sinks are named \"\(name)\": give one of them another name")
        }
        for name in routes.flatMap(\.sinks) where !names.contains(name) {
            throw SinkConfigurationError(
                "a route goes to \"\(name)\", which is no sink: there are \(names.sorted().joined(separator: ", "))")
        }
        self.processing = processing
        self.sinks = sinks.map { sink in
            var sink = sink
            let rules = routes.filter { $0.sinks.contains(sink.name) }.map(\.rule)
            sink.rules = rules.isEmpty ? [RouteRule()] : rules
            return sink
        }
    }

    /// What a container's records go through before they are spooled.
    package func stages(for source: LogSource) throws(PatternError) -> RecordStages {
        let matching = processing.filter { rule in
            rule.services.isEmpty || rule.services.contains { $0.matches(source.service) }
        }
        var stages: [any RecordStage] = []
        if let rule = matching.lazy.compactMap(\.multiline).first { stages.append(MultilineStage(rule)) }
        let redaction = matching.reduce(into: RedactionRule()) { sum, rule in
            sum.patterns += rule.redaction.patterns
            sum.keys += rule.redaction.keys
            sum.builtIns.formUnion(rule.redaction.builtIns)
        }
        if !redaction.isEmpty { stages.append(try RedactionStage(redaction)) }
        return RecordStages(stages + [LevelStage()])
    }

    /// What another plan means for the sinks that run.
    func changes(from running: [SinkPlan]) -> PlanChanges {
        var changes = PlanChanges()
        for sink in sinks {
            switch running.first(where: { $0.name == sink.name }) {
            case nil: changes.begun.append(sink)
            case sink?: changes.kept.append(sink)
            default: changes.changed.append(sink)
            }
        }
        changes.ended = running.filter { old in !sinks.contains { $0.name == old.name } }
        return changes
    }
}

/// How one plan differs from another, sink by sink.
package struct PlanChanges: Sendable, Equatable {
    package internal(set) var kept: [SinkPlan] = []
    package internal(set) var changed: [SinkPlan] = []
    package internal(set) var begun: [SinkPlan] = []
    package internal(set) var ended: [SinkPlan] = []
}
