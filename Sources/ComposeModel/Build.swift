/// How a service's image is made.
package struct Build: Sendable, Equatable {
    /// An absolute folder or a remote address.
    package var context: String
    package var dockerfile: String?
    package var inlineDockerfile: String?
    package var entitlements: [String] = []
    /// Arguments by name; nil takes the variable from the environment.
    package var arguments: [String: String?] = [:]
    package var provenance: String?
    package var sbom: String?
    /// Keys by identifier; an empty path stands for the agent.
    package var ssh: [String: String] = [:]
    package var labels: [String: String] = [:]
    package var cacheFrom: [String] = []
    package var cacheTo: [String] = []
    package var noCache = false
    package var noCacheFilter: [String] = []
    package var additionalContexts: [String: String] = [:]
    package var pull = false
    package var extraHosts: [ExtraHost] = []
    package var isolation: String?
    package var network: String?
    package var target: String?
    package var secrets: [FileMount] = []
    package var sharedMemory: Int64?
    package var tags: [String] = []
    package var ulimits: [String: UserLimit] = [:]
    package var platforms: [String] = []
    package var privileged = false

    package init(context: String) { self.context = context }
}
