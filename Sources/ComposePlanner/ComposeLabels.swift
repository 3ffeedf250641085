/// The labels by which Compose tools find what they made.
///
/// The `com.docker.compose` ones are Docker Compose's contract: with the same names and values each tool adopts what the
/// other one runs. The `io.gantry` ones are our own.
package enum ComposeLabels {
    package static let project = "com.docker.compose.project"
    package static let service = "com.docker.compose.service"
    package static let number = "com.docker.compose.container-number"
    package static let oneOff = "com.docker.compose.oneoff"
    /// What tells a one-off container from all others.
    package static let slug = "com.docker.compose.slug"
    package static let configHash = "com.docker.compose.config-hash"
    package static let image = "com.docker.compose.image"
    package static let replace = "com.docker.compose.replace"
    package static let dependsOn = "com.docker.compose.depends_on"
    package static let workingDirectory = "com.docker.compose.project.working_dir"
    package static let configFiles = "com.docker.compose.project.config_files"
    package static let environmentFiles = "com.docker.compose.project.environment_file"
    package static let network = "com.docker.compose.network"
    package static let volume = "com.docker.compose.volume"
    package static let version = "com.docker.compose.version"
    /// The kind of the hook for which a container was made, instead of for a replica.
    package static let hook = "com.docker.compose.hook"

    /// The version of Docker Compose whose model and hashes these labels follow.
    package static let modelVersion = "2.40.3"

    /// The transaction that made the object; with it a crash between an engine call and its record is found by listing.
    package static let transaction = "io.gantry.transaction"
    /// The operation of that transaction.
    package static let operation = "io.gantry.operation"
    /// Digests of the service's attributes, from which a later plan tells which of them changed.
    package static let fields = "io.gantry.fields"
    /// Digests of the files that the container gets, by path: configs, secrets and mounted ones.
    package static let files = "io.gantry.files"
    /// The order in which a replacement makes way for its predecessor where it is taken back: `start-first`, or without it
    /// stop-first.
    package static let rollbackOrder = "io.gantry.rollback-order"
    /// How the container's output is captured for shipping; `off` leaves it out.
    package static let logs = "io.gantry.logs"
    /// Its value where the container sends its output itself.
    package static let forwarded = "forward"
    /// The hooks that run in the container, as they were when it was made.
    package static let hooks = "io.gantry.hooks"
}
