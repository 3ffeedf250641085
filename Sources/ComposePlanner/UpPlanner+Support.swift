import ComposeModel

extension UpPlanner {
    /// Attributes that nobody carries out are not passed over in silence.
    mutating func noteUninterpreted(_ service: Service) {
        if service.uninterpreted["provider"] != nil {
            problems.append("Service \(service.name) is run by a provider, which is not supported. Remove `provider`.")
        }
        // `develop` is for watching, which bringing up does not do anyway.
        let names = service.uninterpreted.keys.filter { $0 != "provider" && $0 != "develop" }.sorted()
        guard !names.isEmpty else { return }
        notices.append("Service \(service.name): \(names.joined(separator: ", ")) is not supported and has no effect.")
    }
}
