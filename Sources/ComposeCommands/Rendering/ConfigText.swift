import ComposeLoader
import ComposeModel
import ComposePlanner
import YAML

/// A project as a Compose file, and the lists of its parts.
enum ConfigText {
    /// The whole. Every `$` is doubled, so that reading it again gives the same project, unless variables were left.
    static func model(_ loaded: LoadedProject, _ format: ConfigFormat, onlyImages: Bool) -> String {
        if let written = loaded.written { return text(written, format) }
        let canonical = onlyImages ? images(loaded.project) : loaded.project.canonical
        let value = format == .yaml && !onlyImages ? ConfigYAML.model(canonical, loaded) : canonical
        return text(
            value.mapStrings { text in
                text.contains("$")
                    ? text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$") : text
            }, format)
    }

    /// Lines of a service and its hash.
    static func hashes(_ names: [String], in project: Project) -> String {
        lines(names.compactMap { name in project.services[name].map { "\(name) \(ConfigHash.service($0))" } })
    }

    /// - Parameter separator: What stands between a project's name and a service's in the name of an image.
    static func list(
        _ listing: ConfigListing, _ loaded: LoadedProject, _ format: ConfigFormat, separator: String
    ) -> String {
        let project = loaded.project
        let services = project.services.sorted { $0.key < $1.key }.map(\.value)
        switch listing {
        case .services: return lines(services.map(\.name))
        case .volumes: return lines(project.volumes.keys.sorted())
        case .networks: return lines(project.networks.keys.sorted())
        case .images:
            let images = services.filter { $0.image != nil || $0.build != nil }.map {
                $0.image ?? project.name + separator + $0.name
            }
            return lines(images)
        case .profiles: return lines(Set(services.flatMap(\.profiles)).sorted())
        case .models:
            let models = project.models.sorted { $0.key < $1.key }.compactMap { $0.value["model"] }
            return lines(models.compactMap { if case .string(let name) = $0 { name } else { nil } })
        case .environment: return lines(loaded.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        case .variables: return variables(loaded.written ?? .null, format)
        }
    }

    // MARK: The model

    private static func text(_ value: CanonicalValue, _ format: ConfigFormat) -> String {
        switch format {
        case .json: String(decoding: value.json(.indented), as: UTF8.self) + "\n"
        case .yaml: YAMLEmitter().text(of: YAMLValue(value))
        }
    }

    /// Every service has its place, if only an empty one.
    private static func images(_ project: Project) -> CanonicalValue {
        let services = project.services.sorted { $0.key < $1.key }.map { name, service in
            var image = CanonicalFields()
            image.add("image", service.image)
            return CanonicalValue.Field(name, image.object)
        }
        return .object([CanonicalValue.Field("services", .object(services))])
    }

    // MARK: Lists

    private static func lines(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private static func variables(_ model: CanonicalValue, _ format: ConfigFormat) -> String {
        var found: [String: VariableReference] = [:]
        collect(model, into: &found)
        let variables = found.values.sorted { $0.name < $1.name }
        switch format {
        case .yaml:
            var table = TextTable(header: ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"])
            for variable in variables {
                table.add([variable.name, String(variable.isRequired), variable.fallback, variable.alternate])
            }
            return table.text
        case .json:
            let fields = variables.map { variable in
                CanonicalValue.Field(
                    variable.name,
                    .object([
                        CanonicalValue.Field("Name", .string(variable.name)),
                        CanonicalValue.Field("DefaultValue", .string(variable.fallback)),
                        CanonicalValue.Field("PresenceValue", .string(variable.alternate)),
                        CanonicalValue.Field("Required", .bool(variable.isRequired)),
                    ]))
            }
            return text(.object(fields), .json)
        }
    }

    /// Of several references to a variable, each says what the others do not.
    private static func collect(_ value: CanonicalValue, into found: inout [String: VariableReference]) {
        switch value {
        case .string(let text):
            for reference in VariableReference.references(in: text) {
                guard var known = found[reference.name] else {
                    found[reference.name] = reference
                    continue
                }
                known.isRequired = known.isRequired || reference.isRequired
                if known.fallback.isEmpty { known.fallback = reference.fallback }
                if known.alternate.isEmpty { known.alternate = reference.alternate }
                found[reference.name] = known
            }
        case .list(let items): for item in items { collect(item, into: &found) }
        case .object(let fields): for field in fields { collect(field.value, into: &found) }
        case .null, .bool, .int, .double: break
        }
    }
}
