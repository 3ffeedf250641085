import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

extension SinkFailure {
    /// What a call of the system says about a file. A full disk and the like pass; a path that cannot be does not.
    static func file(_ action: String, _ path: String, errno code: CInt = errno) -> SinkFailure {
        let text = "cannot \(action) \(path): \(String(cString: strerror(code)))"
        return switch code {
        case EACCES, EPERM, EROFS, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP: .misconfigured(text)
        default: .unavailable(text)
        }
    }
}
