import EngineAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension EngineTime {
    /// This host's clock, which is the engine's where it runs on the same host.
    static func now() -> EngineTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return EngineTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
