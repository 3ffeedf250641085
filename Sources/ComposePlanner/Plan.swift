package import EngineAPI

/// What is to be done to bring a project from its observed to its desired state.
///
/// The same input gives the same plan, byte for byte.
package struct Plan: Sendable, Equatable {
    package let project: String
    /// Images to be fetched before anything changes.
    package var pulls: [ImagePull] = []
    /// What happens up to the commit; each operation can be taken back.
    package var prepare: [Operation] = []
    /// What happens after the commit; it only goes forward.
    package var finish: [Operation] = []
    /// What the operations make, by operation.
    package var specs: [OperationID: ResourceSpec] = [:]
    /// What is filled into the containers' configuration when the containers that they refer to are there.
    package var links: [OperationID: ContainerLinks] = [:]
    /// What differs from the container or network that a new one replaces, by the operation that makes it, and from a
    /// volume that goes, by its removal.
    package var changes: [OperationID: [FieldChange]] = [:]
    /// What the user should know though nothing is done about it.
    package var notices: [String] = []
    /// What it does that nobody can take back, a phrase each: it is planned only where the user asked for it.
    package var irreversible: [String] = []
    /// What it leaves out because the user has not agreed to lose it, a phrase each.
    package var withheld: [String] = []
    /// Whether a further plan is needed as soon as this one has been applied: what waits for something that cannot be
    /// undone is planned when that is done.
    package var isFirstOfTwo = false
    /// What becomes of a failure while a service is updated, by service; without a word everything is taken back.
    package var tolerances: [String: UpdateTolerance] = [:]
    /// Whether what was done stays as it is where something fails.
    package var keepsFailures = false
    /// The containers that the project will consist of.
    package var members: [Member] = []
    /// The starts of containers that must not have failed by the commit.
    package var vitalStarts: [OperationID] = []
    /// When a supervisor starts fallen containers again while the plan is applied, by service.
    package var restartRules: [String: RestartRule] = [:]
    /// Which services it holds, and which it does not hold any more.
    package var holds = HoldChange()
    /// The containers that do not run and are to stay so.
    package var resting: Set<ContainerID> = []
    /// The fixed ports of the host that must be free before the first operation.
    package var hostPorts: [HostPort] = []
    /// The files and folders of the host that must be there before the first operation, because nobody makes them.
    package var hostPaths: [HostPath] = []
    /// The sockets where the output of services that it starts has to be taken, by service.
    package var logSockets: [String: String] = [:]

    package init(project: String) { self.project = project }

    /// Whether the engine already holds what is wanted.
    package var isEmpty: Bool { pulls.isEmpty && prepare.isEmpty && finish.isEmpty }

    /// Whether something differs from what is there, so that its causes tell more where it is known what that was.
    package var tellsDifferences: Bool {
        let isResource = prepare.contains {
            switch $0.action {
            case .retireNetwork, .tryVolume: true
            default: false
            }
        }
        return !changes.isEmpty || isResource || !withheld.isEmpty
    }

    /// A container that is to run when the plan has been applied.
    package struct Member: Sendable, Equatable {
        package let service: String
        package let number: Int
        package let handle: ContainerHandle
        /// Whether this plan makes or starts it.
        package let isStarted: Bool
    }
}

/// A port of the host that a service's container gets when it starts.
package struct HostPort: Sendable, Hashable {
    package let service: String
    /// Empty for all addresses.
    package let address: String
    package let number: Int
    /// `tcp` or `udp`.
    package let transport: String

    package init(service: String, address: String, number: Int, transport: String) {
        self.service = service
        self.address = address
        self.number = number
        self.transport = transport
    }
}

/// A file or folder of the host that a service's container mounts.
package struct HostPath: Sendable, Hashable {
    package let service: String
    package let path: String

    package init(service: String, path: String) {
        self.service = service
        self.path = path
    }
}

/// An image to be fetched.
package struct ImagePull: Sendable, Equatable, Codable {
    package let reference: String
    package let platform: String?
    package let cause: String
    package let services: [String]
}

/// The configuration of something that an operation makes. It may hold secrets: it is never printed nor stored.
package enum ResourceSpec: Sendable, Equatable {
    case network(NetworkSpec)
    case volume(VolumeSpec)
    case container(ContainerSpec)
    /// Files to be put into a container before it starts.
    case files([InjectedFile])
    /// The process of a hook.
    case hook(ExecSpec)
    /// How a container is attached to its networks.
    case attachments([NetworkAttachment])
}

/// A file put into a container before it starts: a config or a secret that is not mounted.
package struct InjectedFile: Sendable, Equatable {
    package let path: String
    package let content: [UInt8]
    package let uid: Int
    package let gid: Int
    package let mode: Int

    package init(path: String, content: [UInt8], uid: Int = 0, gid: Int = 0, mode: Int = 0o444) {
        self.path = path
        self.content = content
        self.uid = uid
        self.gid = gid
        self.mode = mode
    }
}
