package import ComposeModel
package import EngineAPI
import FoundationEssentials

/// Which hooks run in a container: those that it was made with, which its label keeps, so that they run also when the
/// file has changed or is not there.
package enum ContainerHooks {
    /// The hooks of a kind that belong to a container with these labels.
    ///
    /// - Parameter service: what the project declares at present; it counts for a container that Docker Compose made,
    ///   which keeps no hooks in a label.
    package static func hooks(
        _ kind: Hook.Kind, labels: [String: String], service: @autoclosure () -> Service?
    ) -> [Hook] {
        if let text = labels[ComposeLabels.hooks],
            let hooks = try? JSONDecoder().decode([String: [Hook]].self, from: Data(text.utf8))
        {
            return hooks[kind.rawValue] ?? []
        }
        return labels[ComposeLabels.fields] == nil ? service()?.hooks(kind) ?? [] : []
    }

    /// The label's text for a service's containers, nil where no hook runs in them. Whoever can read it can read the
    /// container's variables too.
    static func label(of service: Service) -> String? {
        var hooks: [String: [Hook]] = [:]
        for kind in [Hook.Kind.postStart, .preStop] where !service.hooks(kind).isEmpty {
            hooks[kind.rawValue] = service.hooks(kind)
        }
        guard !hooks.isEmpty else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? encoder.encode(hooks) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}

extension ExecSpec {
    /// The process of a hook that runs in the service's container.
    package init(_ hook: Hook) {
        self.init(
            command: hook.command ?? [], environment: variables(hook.environment ?? [:]), user: hook.user,
            workingDirectory: hook.workingDirectory, privileged: hook.privileged ?? false)
    }
}

/// Variables as the engine takes them, by name; a bare name removes one.
func variables(_ values: [String: String?]) -> [String] {
    values.sorted { $0.key < $1.key }.map { name, value in value.map { "\(name)=\($0)" } ?? name }
}

extension PlanBuilder {
    /// Adds the hooks of a kind in a container, each after the one before it and the first after `needs`.
    mutating func addHooks(
        _ hooks: [Hook], _ kind: Hook.Kind, in container: ContainerHandle, afterCommit: Bool = false,
        needs: [OperationID], service: String
    ) -> [OperationID] {
        let cause = kind == .postStart ? "runs after the container's start" : "runs before the container's stop"
        var needs = needs
        var added: [OperationID] = []
        for (index, hook) in hooks.enumerated() {
            let action = Operation.Action.runHook(container, kind, index)
            let spec = ResourceSpec.hook(ExecSpec(hook))
            let id =
                afterCommit
                ? addFinish(action, cause: cause, needs: needs, service: service, spec: spec)
                : add(action, cause: cause, needs: needs, service: service, spec: spec)
            added.append(id)
            needs = [id]
        }
        return added
    }
}
