package import ComposeModel
package import EngineAPI

/// The position of an operation in its plan.
package struct OperationID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package init(_ number: Int) { rawValue = number }
    package static func < (left: OperationID, right: OperationID) -> Bool { left.rawValue < right.rawValue }
    package var description: String { String(rawValue) }
    package init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(Int.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// A container that an operation acts on: one that is there, or one that an earlier operation makes.
package enum ContainerHandle: Hashable, Codable, Sendable {
    case existing(ContainerID, name: String)
    case planned(OperationID, name: String)

    /// The name that people know it by; a replacement has it only after the commit.
    package var name: String {
        switch self {
        case .existing(_, let name), .planned(_, let name): name
        }
    }

    /// The container itself, nil where it is yet to be made.
    package var existing: ContainerID? { if case .existing(let id, _) = self { id } else { nil } }

    /// The operation that makes it, nil where it is there.
    package var maker: OperationID? { if case .planned(let id, _) = self { id } else { nil } }
}

/// What a wait is for.
package enum Readiness: Hashable, Codable, Sendable {
    /// Its healthcheck has succeeded since it started.
    case healthy
    /// It ran and exited with 0.
    case completed
    /// Healthy where it has a healthcheck; else exited with 0, or running still after the settling time.
    case up
    /// It has stayed up for this long, healthy where it has a healthcheck, counted from a check that succeeded.
    case steady(Duration)
}

/// One step of a plan, and why it is taken. It holds no configuration and so no secret: it can be printed and stored.
package struct Operation: Hashable, Codable, Sendable {
    package enum Action: Hashable, Codable, Sendable {
        case createNetwork(name: String)
        case createVolume(name: String)
        /// Makes a volume under another name and removes it again: what the engine refuses of it is known before the
        /// volume of this name goes.
        case tryVolume(name: String, as: String)
        /// Removes a network in whose place another one is to come.
        case retireNetwork(RetiredNetwork)
        /// `name` is what the container is called until a replacement takes its predecessor's name.
        case createContainer(name: String)
        case startContainer(ContainerHandle)
        /// nil `grace` leaves the container's own, in seconds.
        case stopContainer(ContainerHandle, grace: Int?)
        case awaitContainer(ContainerHandle, Readiness)
        /// Gives a container that was attached without them the names by which others find its service.
        case announceContainer(ContainerHandle)
        /// Lets time pass before the next replicas of a service.
        case delay(Duration, service: String)
        /// Runs the hook with this index among those of its kind in the container, to its end.
        case runHook(ContainerHandle, Hook.Kind, Int)
        case removeContainer(ContainerHandle, anonymousVolumes: Bool)
        case renameContainer(ContainerHandle, to: String)
        case removeNetwork(NetworkID, name: String)
        case removeVolume(name: String)
        /// Gives an image a further name, so that nothing cleans it up.
        case tagImage(ImageID, as: String)
        /// Takes a name from an image, which goes with its last one; one that is in use stays as it is.
        case untagImage(name: String)
    }

    package let id: OperationID
    package let action: Action
    /// Why, as a phrase for people: `environment.LOG changed`.
    package let cause: String
    /// What must have been done before.
    package let needs: [OperationID]
    /// The service it is for, nil for networks and volumes.
    package let service: String?
    /// Whether its failure is only reported.
    package let isOptional: Bool
    /// The replacement of a replica that it is a part of, where the service says how its replicas are replaced.
    package let update: ReplicaUpdate?

    package init(
        id: OperationID, action: Action, cause: String, needs: [OperationID] = [], service: String? = nil,
        isOptional: Bool = false, update: ReplicaUpdate? = nil
    ) {
        self.id = id
        self.action = action
        self.cause = cause
        self.needs = needs
        self.service = service
        self.isOptional = isOptional
        self.update = update
    }

    /// The same operation with other needs.
    package func needing(_ needs: [OperationID]) -> Operation {
        Operation(
            id: id, action: action, cause: cause, needs: needs, service: service, isOptional: isOptional, update: update
        )
    }

    /// The same operation as a part of a replica's replacement.
    func part(of update: ReplicaUpdate) -> Operation {
        Operation(
            id: id, action: action, cause: cause, needs: needs, service: service, isOptional: isOptional, update: update
        )
    }
}

extension Operation.Action {
    /// Whether it mostly waits for what happens in a container: it takes none of the places that bound the calls in
    /// flight, and ends when the user gives up.
    package var isWait: Bool {
        switch self {
        case .awaitContainer, .runHook, .delay: true
        default: false
        }
    }

    /// The container that it acts on, nil for one that makes a container or is about none.
    package var container: ContainerHandle? {
        switch self {
        case .startContainer(let container), .stopContainer(let container, _), .awaitContainer(let container, _),
            .announceContainer(let container), .runHook(let container, _, _), .removeContainer(let container, _),
            .renameContainer(let container, _):
            container
        case .createNetwork, .createVolume, .tryVolume, .createContainer, .retireNetwork, .removeNetwork, .removeVolume,
            .delay, .tagImage, .untagImage:
            nil
        }
    }

    /// Whether what comes after it must not happen where it failed, even where failures are otherwise passed over: a
    /// container whose `pre_stop` hook failed is not to be stopped.
    package var isGuard: Bool { if case .runHook = self { true } else { false } }

    /// A hook as people know it: `pre_stop hook 1 of web-1`. It tells nothing of its command, which may hold a secret.
    /// nil for what runs none.
    package var hook: String? {
        guard case .runHook(let container, let kind, let index) = self else { return nil }
        return "\(kind.rawValue) hook \(index + 1) of \(container.name)"
    }

    /// The verb and the object, for plans and messages: `start container web-1`.
    package var description: String {
        switch self {
        case .createNetwork(let name): "create network \(name)"
        case .createVolume(let name): "create volume \(name)"
        case .tryVolume(let name, _): "try the new volume \(name)"
        case .createContainer(let name): "create container \(name)"
        case .startContainer(let container): "start container \(container.name)"
        case .stopContainer(let container, _): "stop container \(container.name)"
        case .awaitContainer(let container, .healthy): "wait until \(container.name) is healthy"
        case .awaitContainer(let container, .completed): "wait until \(container.name) has completed"
        case .awaitContainer(let container, .up): "wait until \(container.name) is up"
        case .awaitContainer(let container, .steady(.zero)): "check \(container.name) again"
        case .awaitContainer(let container, .steady(let time)): "watch \(container.name) for \(text(time))"
        case .announceContainer(let container): "give \(container.name) its names"
        case .delay(let time, let service): "wait \(text(time)) before more of \(service)"
        case .runHook: "run \(hook ?? "")"
        case .removeContainer(let container, _): "remove container \(container.name)"
        case .renameContainer(.planned, let name): "rename the new container to \(name)"
        case .renameContainer(let container, let name): "rename container \(container.name) to \(name)"
        case .retireNetwork(let network): "remove network \(network.spec.name)"
        case .removeNetwork(_, let name): "remove network \(name)"
        case .removeVolume(let name): "remove volume \(name)"
        case .tagImage(let image, let name): "keep image \(short(image.rawValue)) as \(name)"
        case .untagImage(let name): "remove image \(name)"
        }
    }
}

/// A time as Compose files have it: `1m30s`.
package func text(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    return ComposeDuration(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000).description
}
