#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a spool cannot be opened or cannot take records. Damage is never among them: it is reported as values.
package enum SpoolError: Error, Sendable, Equatable, CustomStringConvertible {
    case inUse(folder: String)
    /// Its form is a later one than this program knows.
    case newer(folder: String)
    /// The disk is full; records are taken again as soon as there is room.
    case noSpace(folder: String, needed: Int)
    /// One append is larger than the spool takes.
    case tooLarge(bytes: Int, limit: Int)
    case unknownSink(String)
    case closed(folder: String)
    /// The system refused: `action` is what was attempted, with the file's path.
    case unusable(action: String, reason: String)

    package var description: String {
        switch self {
        case .inUse(let folder):
            "The log spool in \(folder) is in use by another process. End that one, or choose another folder."
        case .newer(let folder):
            "The log spool in \(folder) was written by a newer version, and this one does not know its form. Use that "
                + "version, or choose another folder."
        case .noSpace(let folder, let needed):
            "The disk of the log spool in \(folder) is full: no record was kept. Records are taken again when "
                + "\(needed >> 20) MiB are free."
        case .tooLarge(let bytes, let limit):
            "\(bytes) bytes of log records cannot be spooled at once: the limit is \(limit) bytes. Hand over fewer."
        case .unknownSink(let name): "The log spool knows no sink named \"\(name)\". Register it first."
        case .closed(let folder): "The log spool in \(folder) is closed."
        case .unusable(let action, let reason):
            "The log spool cannot \(action): \(reason). Check the disk and the folder's permissions."
        }
    }
}

/// A system call on the spool's files that failed.
package struct FileFailure: Error, Sendable, Equatable {
    /// What was attempted: `write /var/lib/spool/1.segment`.
    package let action: String
    package let number: Int32

    package init(_ action: String, _ number: Int32) {
        self.action = action
        self.number = number
    }

    /// Whether the disk, or what the user may use of it, is used up.
    var isFull: Bool { number == ENOSPC || number == EDQUOT }

    var isMissing: Bool { number == ENOENT }

    var error: SpoolError { .unusable(action: action, reason: String(cString: strerror(number))) }
}
