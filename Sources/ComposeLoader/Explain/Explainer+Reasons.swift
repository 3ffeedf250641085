import ComposeModel

extension Explainer {
    /// Why a value is there that no file says.
    func convention(for steps: [ModelStep]) -> String {
        let names = steps.map(\.text)
        switch (names.first, names.count) {
        case ("name", 1):
            switch history.nameSource {
            case .option: return "--project-name gives it"
            case .variable: return "COMPOSE_PROJECT_NAME gives it, \(history.places["COMPOSE_PROJECT_NAME"].text)"
            case .folder, nil: return "by convention, the name of the project's folder"
            }
        case ("services", 3...): return serviceConvention(Array(names[2...]))
        case ("networks", 2...) where names[1] == "default":
            return "by convention, the network of services that name none"
        case (_, 3) where names[2] == "name": return "by convention, the project's name and the key"
        default: return "by convention: no file says it"
        }
    }

    private func serviceConvention(_ names: [String]) -> String {
        switch names[0] {
        case "networks": "by convention, a service that names no network joins the default one"
        case "depends_on":
            "implied: links, volumes_from, network_mode, ipc, pid, uts or cgroup names the service"
        case "platform": "DOCKER_DEFAULT_PLATFORM gives it"
        case "command", "entrypoint": "no file says it: the image's own is used"
        default: "by convention: no file says it"
        }
    }

    /// Why what a file says is not in the project, nil where it is.
    func absence(of steps: [ModelStep]) -> String? {
        guard steps.count > 1, case .key(let kind) = steps[0], case .key(let name) = steps[1] else { return nil }
        switch kind {
        case "services" where project.disabledServices.contains(name):
            return "the service is off, because none of its profiles is on"
        case "networks" where project.networks[name] == nil, "volumes" where project.volumes[name] == nil,
            "configs" where project.configs[name] == nil, "secrets" where project.secrets[name] == nil:
            return "no service uses it, so it is left out"
        default: return nil
        }
    }
}

extension VariablePlaces.Place? {
    /// Where a variable was set, for people.
    package var text: String {
        switch self {
        case nil: "not set"
        case .process: "set in the environment"
        case .project: "the project's name"
        case .file(let path, let line): "set at \(path):\(line)"
        }
    }
}
