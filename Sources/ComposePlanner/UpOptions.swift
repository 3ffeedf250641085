package import ComposeModel
package import EngineAPI

/// What a user asks of `up`, `create` and `start` beyond the files.
package struct UpOptions: Sendable, Equatable {
    /// What happens to containers that are there.
    package enum Recreate: Sendable { case diverged, always, never }

    /// The services named; none means all. What they depend on comes along.
    package var services: [String] = []
    package var recreate: Recreate = .diverged
    package var removeOrphans = false
    /// Whether the plan ends only when every service is up.
    package var wait = false
    /// Whether what the named services depend on is left alone.
    package var withoutDependencies = false
    /// Whether containers are made but not started.
    package var withoutStart = false
    /// Whether only containers that are there are started, and none is made.
    package var onlyStart = false
    /// Whether the services named stay up when the command has ended, for their own sake.
    package var isLasting = false
    /// The run in the foreground that holds the services while it lives, and nobody when it has ended.
    package var run: String?
    /// Whether the services are held as they were before, by whoever held them.
    package var leavesHolds = false
    /// Whether a service that is scaled to nothing needs nothing: what it depends on comes along only for others.
    package var noReplicaNeedsNothing = false
    /// Whether a container that fails before the plan commits makes it fail, though nothing waits for it: for a command
    /// that does not stay to see it.
    package var refusesEarlyExits = false
    /// The service of which one more container is to run beside its replicas: they are left alone, and what it needs is
    /// brought up.
    package var oneOff: String?
    /// Replicas by service, stronger than the file.
    package var scale: [String: Int] = [:]
    /// Seconds before a stop kills; nil leaves the container's own.
    package var stopGrace: Int?
    /// Whether the user agrees that what cannot be undone is done.
    package var assumesYes = false
    /// Whether what was done stays as it is where something fails, so that it can be looked at.
    package var keepsFailures = false
    /// The services that ran before an earlier plan of the same command stopped them.
    package var ranBefore: Set<String> = []
    /// Whether containers that are replaced get fresh unnamed volumes, rather than those of their predecessors.
    package var renewsVolumes = false
    /// Whether a supervisor carries out what no engine does: `delay` and `window` of `deploy.restart_policy`.
    package var isSupervised = false
    /// References that were fetched a moment ago, so that `pull_policy: always` is satisfied.
    package var pulled: Set<String> = []
    /// The images that services are to run, by service, whatever their references name now.
    package var images: [String: ImageID] = [:]
    /// What the last release had, as far as it is kept; causes name the old values from it, and it decides nothing.
    package var lastApplied: Project?

    package init() {}
}
