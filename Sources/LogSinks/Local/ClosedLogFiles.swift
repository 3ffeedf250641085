import CZlib
import EngineAPI
import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The files that a growing file was before, beside it: `web.jsonl.20260501T100000.000000000Z-5f3c9a1e-1001-1500.gz`,
/// with the time and the sequence of the first record and the sequence of the last, so that the names are in their
/// order. All calls block.
struct ClosedLogFiles {
    /// Of the file that grows.
    let path: String

    private static let compressedSuffix = ".gz"
    private static let unfinishedSuffix = ".gz.tmp"
    /// Memory for compressing, whatever the file's size.
    private static let pieceSize = 256 << 10

    /// The name for a file that ends now.
    func name(of file: LogFile) -> String? {
        guard let first = file.first, let last = file.last, let time = file.firstTime else { return nil }
        let stamp = time.rfc3339.filter { $0 != "-" && $0 != ":" }
        return "\(path).\(stamp)-\(last.epoch)-\(first.sequence)-\(last.sequence)"
    }

    /// The last record of a spool that is in any of them.
    func last(epoch: String) -> UInt64? {
        names().compactMap { name -> UInt64? in
            let parts = base(name).split(separator: "-")
            return parts.count == 4 && parts[1] == epoch ? UInt64(parts[3]) : nil
        }.max()
    }

    /// Removes all but the last `keep`, and what an interrupted compression left; compresses the rest where it is asked
    /// for.
    func tidy(keep: Int, compress: Bool) throws(SinkFailure) {
        let folder = FilePath.folder(of: path)
        for name in names() where name.hasSuffix(ClosedLogFiles.unfinishedSuffix) { unlink("\(folder)/\(name)") }
        let names = names().sorted { base($0) < base($1) }
        for name in names.dropLast(keep) where unlink("\(folder)/\(name)") != 0 && errno != ENOENT {
            throw .file("remove", "\(folder)/\(name)")
        }
        guard compress else { return }
        for name in names.suffix(keep) where !name.hasSuffix(ClosedLogFiles.compressedSuffix) {
            try ClosedLogFiles.compress("\(folder)/\(name)")
        }
    }

    private func base(_ name: String) -> Substring {
        let stamped = name.dropFirst(FilePath.name(of: path).count + 1)
        let suffix = ClosedLogFiles.compressedSuffix
        return stamped.hasSuffix(suffix) ? stamped.dropLast(suffix.count) : stamped
    }

    private func names() -> [String] {
        let prefix = FilePath.name(of: path) + "."
        guard let folder = opendir(FilePath.folder(of: path)) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            // Another file's name may begin alike: what follows is a year.
            if name.hasPrefix(prefix), name.dropFirst(prefix.count).prefix(8).allSatisfy(\.isNumber),
                name.contains("Z-")
            {
                names.append(name)
            }
        }
        return names
    }

    /// Puts `PATH.gz` in the place of the file; it is there whole or not at all.
    private static func compress(_ path: String) throws(SinkFailure) {
        let unfinished = path + unfinishedSuffix
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw .file("open", path) }
        defer { close(source) }
        guard let target = gzopen(unfinished, "wbe") else { throw .file("make", unfinished) }
        var piece = [UInt8](repeating: 0, count: pieceSize)
        var failure: SinkFailure?
        while failure == nil {
            let count = read(source, &piece, piece.count)
            if count == 0 { break }
            if count < 0 {
                failure = .file("read", path)
            } else if gzwrite(target, piece, UInt32(count)) != Int32(count) {
                failure = .file("write to", unfinished)
            }
        }
        if gzclose(target) != Z_OK, failure == nil { failure = .file("write to", unfinished) }
        if failure == nil {
            let written = open(unfinished, O_RDONLY | O_CLOEXEC)
            if written < 0 || fsync(written) != 0 { failure = .file("sync", unfinished) }
            if written >= 0 { close(written) }
        }
        if failure == nil, rename(unfinished, path + compressedSuffix) != 0 { failure = .file("rename", unfinished) }
        if let failure {
            unlink(unfinished)
            throw failure
        }
        try LogFile.syncFolder(of: path)
        unlink(path)
    }
}
