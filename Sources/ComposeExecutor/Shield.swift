/// Runs `body` to its end even when the calling task is cancelled meanwhile; `body` does not see the cancellation.
///
/// For what must not stop half-way: an engine call whose outcome has to be recorded, and taking a transaction back.
func shielded<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    // Awaited here, so it does not outlive the caller.
    try await Task(executorPreference: Placement.executor) { try await body() }.value
}

/// The same for what cannot fail.
func shielded<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
    await Task(executorPreference: Placement.executor) { await body() }.value
}

/// Where the tasks of an application run.
package enum Placement {
    /// Shielded tasks are no children, and so would not inherit the preference.
    @TaskLocal fileprivate static var executor: (any TaskExecutor)?

    /// Runs `body` and all that it begins on `executor`.
    package static func on<Result: Sendable>(
        _ executor: any TaskExecutor, _ body: () async throws -> Result
    ) async throws -> Result {
        try await $executor.withValue(executor) {
            try await withTaskExecutorPreference(executor) { try await body() }
        }
    }
}
