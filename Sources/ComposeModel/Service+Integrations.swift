// What a service has of Docker's own programs beside the engine. It is kept as it is printed; these are views of it.
extension Service {
    /// Whether its containers may speak to the engine: `use_api_socket`.
    package var usesAPISocket: Bool { uninterpreted["use_api_socket"] == .bool(true) }

    /// The program that runs it in place of containers: `provider.type`.
    package var provider: String? {
        guard case .string(let type)? = uninterpreted["provider"]?["type"] else { return nil }
        return type
    }

    /// The AI models that it uses, in ascending order.
    package var models: [String] {
        guard case .object(let fields)? = uninterpreted["models"] else { return [] }
        return fields.map(\.name).sorted()
    }
}
