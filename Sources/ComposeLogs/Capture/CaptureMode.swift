/// How a container's output is captured.
package enum CaptureMode: String, Sendable {
    /// What the engine keeps of it is followed, and read again where something may have been left out.
    case logs
    /// An attachment from before its start takes it, which no rotation of the engine's files overtakes; the container
    /// waits for it. A run that was not attached to in time is captured as ``logs``.
    case attach
}
