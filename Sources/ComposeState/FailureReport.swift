/// A transaction that failed, kept for those who look later. Its JSON is what `gantry report --format json` prints.
///
/// `version` grows when a field goes or changes its meaning; a field that has nothing to say is not there.
package struct FailureReport: Codable, Sendable, Equatable {
    package struct FailedOperation: Codable, Sendable, Equatable {
        /// `start container shop-web-1`
        package let description: String
        /// Why the plan had it.
        package let cause: String
        package let service: String?

        package init(description: String, cause: String, service: String?) {
            self.description = description
            self.cause = cause
            self.service = service
        }
    }

    /// What the container that is to blame was like before it was taken back.
    package struct Container: Codable, Sendable, Equatable {
        package let name: String
        package let state: String
        package let exitCode: Int?
        package let outOfMemory: Bool
        /// What the last failed probe printed.
        package let healthOutput: String?
        /// The last lines of its output, oldest first, as it wrote them: whoever prints them makes them harmless.
        package let lastLines: [String]

        package init(
            name: String, state: String, exitCode: Int?, outOfMemory: Bool, healthOutput: String?, lastLines: [String]
        ) {
            self.name = name
            self.state = state
            self.exitCode = exitCode
            self.outOfMemory = outOfMemory
            self.healthOutput = healthOutput
            self.lastLines = lastLines
        }
    }

    package struct Leftover: Codable, Sendable, Equatable {
        package let what: String
        package let reason: String

        package init(what: String, reason: String) {
            self.what = what
            self.reason = reason
        }
    }

    package private(set) var version = 1
    /// The transaction's.
    package let id: String
    /// When it had been taken back, as RFC 3339 in UTC.
    package let time: String
    package let project: String
    package let engine: String
    package let command: String
    /// A sentence.
    package let reason: String
    /// The operation that failed first.
    package let operation: FailedOperation?
    package let container: Container?
    /// The last lines of a hook that failed.
    package let hookOutput: [String]?
    /// The operations that were taken back.
    package let undone: [String]
    /// What could not be taken back; empty where the project is as it was.
    package let leftovers: [Leftover]
    /// Whether all was left as it stood when it failed, because that was asked for.
    package let isKept: Bool?
    /// The replica that alone was left as it was, while the rest of the transaction went on.
    package let withdrawn: String?

    package init(
        id: TransactionID, time: String, scope: JournalScope, command: String, reason: String,
        operation: FailedOperation?, container: Container?, hookOutput: [String]?, undone: [String],
        leftovers: [Leftover], isKept: Bool? = nil, withdrawn: String? = nil
    ) {
        self.id = id.rawValue
        self.time = time
        project = scope.project
        engine = scope.engine
        self.command = command
        self.reason = reason
        self.operation = operation
        self.container = container
        self.hookOutput = hookOutput
        self.undone = undone
        self.leftovers = leftovers
        self.isKept = isKept
        self.withdrawn = withdrawn
    }
}
