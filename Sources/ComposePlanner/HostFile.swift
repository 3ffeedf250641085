package import ComposeModel

/// What was found of a file on this machine whose content a plan needs.
package enum HostFile: Sendable, Equatable {
    case content([UInt8])
    /// It cannot be used; a phrase for people: `does not exist`.
    case unusable(String)

    /// The largest file that is read, in bytes: what Docker's engines allow a secret to have.
    package static let largest = 500 << 10
}

extension Project {
    /// The files on this machine whose content a plan needs: those that containers get, and seccomp profiles. Sources of
    /// mounts may be anything else too.
    package var hostFilesToRead: Set<String> {
        var paths: Set<String> = []
        for service in services.values {
            paths.formUnion(FileObject.all(of: service, in: self).compactMap(\.resource.hostPath))
            paths.formUnion(service.volumes.filter { $0.kind == .bind }.compactMap(\.source))
            paths.formUnion(SecurityOptions.profiles(of: service, in: self))
        }
        return paths
    }
}
