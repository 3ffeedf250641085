#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Keeps copies of damaged bytes, for people to look at, in a folder of limited size.
struct Quarantine: Sendable {
    /// Of all copies together: enough to see what happened to a disk.
    static let bound = 16 << 20
    /// Of one copy: its beginning says as much as the rest.
    private static let longestCopy = 1 << 20

    let path: String

    /// Copies a part of a segment, unless its copy is there already; the oldest copies make room for it. Failures are of
    /// no account: the damage is counted elsewhere.
    func keep(_ damage: SpoolDamage, from walk: SegmentWalk) {
        guard !damage.bytes.isEmpty else { return }
        mkdir(path, 0o700)
        let copy = "\(path)/\(damage.segment.text)@\(damage.bytes.lowerBound)"
        let size = min(damage.bytes.count, Quarantine.longestCopy)
        makeRoom(for: size)
        guard let bytes = try? walk.bytes(damage.bytes.lowerBound..<damage.bytes.lowerBound + size),
            let descriptor = try? SystemFiles().create(copy)
        else { return }
        try? bytes.withUnsafeBytes { try SystemFiles().write($0, to: descriptor, at: 0) }
        close(descriptor)
    }

    private func makeRoom(for size: Int) {
        let paths = ((try? SpoolFolder.names(in: path)) ?? []).sorted().map { "\(path)/\($0)" }
        let sizes = paths.map { path in
            var status = stat()
            return lstat(path, &status) == 0 ? Int(status.st_size) : 0
        }
        var used = sizes.reduce(0, +)
        for (path, freed) in zip(paths, sizes) where used + size > Quarantine.bound {
            unlink(path)
            used -= freed
        }
    }
}
