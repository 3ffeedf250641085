import ComposeModel

/// What decisions on a service ask of its configuration, each computed when it is first asked for.
final class ServiceDigests {
    fileprivate let service: Service
    /// What the `config-hash` is where the service refers to no other one's containers.
    private(set) lazy var hash = ConfigHash.service(service)
    private(set) lazy var values = FieldDigests.values(of: service)
    private(set) lazy var fields = FieldDigests(values)

    fileprivate init(_ service: Service) { self.service = service }
}

/// The digests of services, computed once for all replicas and all attempts of a plan.
final class DigestCache {
    private var known: [String: ServiceDigests] = [:]

    func digests(of service: Service) -> ServiceDigests {
        if let digests = known[service.name], digests.service == service { return digests }
        let digests = ServiceDigests(service)
        known[service.name] = digests
        return digests
    }
}
