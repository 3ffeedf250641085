package import EngineAPI
import Glibc

extension EngineTime {
    /// The time of our own clock, for where the engine's is not known.
    package static func now() -> EngineTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return EngineTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
