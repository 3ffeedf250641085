/// Runs `body` to its end even when the calling task is cancelled meanwhile; `body` does not see the cancellation.
///
/// For what must not stop half-way: an engine call whose outcome has to be recorded, and taking a transaction back.
func shielded<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    // Awaited here, so it does not outlive the caller.
    try await Task { try await body() }.value
}

/// The same for what cannot fail.
func shielded<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
    await Task { await body() }.value
}
