package import ComposeModel
package import EngineAPI

/// What a transaction put in force: the project as it was then, and what it ran.
///
/// No secret is in it. What looks like one stands as a ``Seal`` in the model, and of configs and secrets that come from a
/// variable or the file itself only a seal is kept.
package struct Release: Codable, Sendable, Equatable {
    /// Counted from 1 for each project; 0 until it is kept.
    package var number = 0
    /// When it was planned, as RFC 3339 in UTC.
    package let time: String
    /// What put it in force: `up`, `rollback to 3`.
    package let command: String
    /// The services that the transaction was about; the others are as the release before it had them.
    package let covered: [String]
    /// The services of which it made containers.
    package let changed: [String]
    /// The identifier of each service's image.
    package let images: [String: String]
    /// The containers of the project; those that the transaction makes are added at its commit.
    package var containers: [Container]
    /// The project's canonical JSON.
    package let model: String
    /// Seals of what is not in the model, by `config NAME` and `secret NAME`.
    package let contents: [String: String]
    /// What the `config-hash` covers and the canonical form does not show.
    package let labelFiles: [String: [String]]
    package let workingDirectory: String
    package let configFiles: [String]
    package let environmentFiles: [String]
    package let defaultPlatform: String?

    package struct Container: Codable, Sendable, Equatable {
        package let service: String
        package let number: Int
        package let name: String
        package let id: String
        /// Whether it is to run: Gantry has not stopped or removed it since.
        package var isWanted = true

        package init(service: String, number: Int, name: String, id: String) {
            self.service = service
            self.number = number
            self.name = name
            self.id = id
        }
    }

    /// Whether a container is to run; one that it does not know is.
    package func wants(_ container: ContainerID) -> Bool {
        containers.first { $0.id == container.rawValue }?.isWanted ?? true
    }

    /// The release that a plan makes when it is applied.
    ///
    /// - Parameters:
    ///   - previous: the release before it, with its model; what it says of services that the command leaves out holds on.
    ///   - salt: sixteen random characters.
    package init(
        of project: Project, _ plan: Plan, observed: ObservedState, options: UpOptions, previous: (Release, Project)?,
        command: String, time: String, salt: String
    ) {
        let planned = Set(plan.members.map(\.service))
        let covered = project.services.keys.filter { planned.contains($0) || options.services.isEmpty }.sorted()
        var model = project
        for (name, count) in options.scale {
            model.services[name]?.scale = count
            model.services[name]?.deploy?.replicas = count
        }
        var images: [String: String] = [:]
        var containers: [Container] = []
        if let (release, old) = previous {
            let kept = old.services.filter {
                !covered.contains($0.key)
                    && (project.disabledServices.contains($0.key) || project.services[$0.key] != nil)
            }
            model.services.merge(kept) { $1 }
            model.networks.merge(old.networks) { new, _ in new }
            model.volumes.merge(old.volumes) { new, _ in new }
            model.configs.merge(old.configs) { new, _ in new }
            model.secrets.merge(old.secrets) { new, _ in new }
            images = release.images.filter { kept[$0.key] != nil }
            containers = release.containers.filter { kept[$0.service] != nil }
        }
        let found = Dictionary(observed.containers.map { ($0.id, $0) }) { first, _ in first }
        for member in plan.members {
            guard let service = project.services[member.service] else { continue }
            let present = member.handle.existing.flatMap { found[$0] }
            let made = options.images[service.name] ?? observed.images[service.imageName(in: project)]?.id
            images[service.name] = (present?.summary.imageID ?? made)?.rawValue
        }
        let created = plan.prepare.filter { operation in
            if case .container(let spec)? = plan.specs[operation.id] { return spec.labels[ComposeLabels.hook] == nil }
            return false
        }
        self.time = time
        self.command = command
        self.covered = covered
        changed = Set(created.compactMap(\.service)).sorted()
        self.images = images
        self.containers = containers
        self.model = String(decoding: model.sealed(salt: salt).json(), as: UTF8.self)
        contents = model.sealedContents(salt: salt, previous: previous?.0.contents ?? [:])
        labelFiles = model.services.mapValues(\.labelFiles).filter { !$0.value.isEmpty }
        workingDirectory = project.workingDirectory
        configFiles = project.configFiles
        environmentFiles = project.environmentFiles
        defaultPlatform = project.defaultPlatform
    }

    /// The release with the containers that now run.
    package func with(_ members: [Container]) -> Release {
        var release = self
        release.containers.removeAll { old in members.contains { $0.service == old.service } }
        release.containers = (release.containers + members).sorted { ($0.service, $0.number) < ($1.service, $1.number) }
        return release
    }
}

extension Service {
    /// The reference of the image that its containers are made from.
    func imageName(in project: Project) -> String { image ?? "\(project.name)-\(name)" }
}
