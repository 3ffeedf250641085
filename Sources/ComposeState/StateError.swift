import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why the state file cannot be used.
///
/// None of these touches a container: a command that changes something refuses before its first change, and one that is
/// under way takes its changes back.
package struct StateError: Error, Sendable, CustomStringConvertible {
    package enum Condition: Sendable, Equatable {
        /// Its bytes are no state, or a part of them is not.
        case damaged
        /// The disk, or what the user may use of it, is used up.
        case full
        case unwritable
        /// Another program has kept it locked for longer than a write takes.
        case busy
        /// A newer program has given it a form that this one does not know; empty where that did not say its version.
        case newer(version: String)
        case link
        case notAFile
        /// It belongs to another user.
        case foreign(owner: Int)
        /// Others than its owner may write to the folder.
        case exposed
        /// Something else, in the system's words.
        case unusable(String)
    }

    /// The file, or the folder where that is what is wrong.
    package let path: String
    package let condition: Condition
    /// Whether it came before the command changed anything.
    package var isBeforeChange = false

    package init(_ condition: Condition, path: String) {
        self.condition = condition
        self.path = path
    }

    package var description: String {
        isBeforeChange ? sentence + " Nothing was changed, and what runs goes on." : sentence
    }

    private var sentence: String {
        let elsewhere = "choose another folder with GANTRY_STATE_DIR"
        switch condition {
        case .damaged:
            return "The state file \(path) is damaged. The next command puts it aside and begins a new one."
        case .full:
            return "The state file \(path) cannot be written: its disk has no space left. Free some, or \(elsewhere)."
        case .unwritable:
            return "The state in \(path) cannot be written: the file, its folder or its disk is read-only. Check their "
                + "permissions, or \(elsewhere)."
        case .busy:
            return "The state file \(path) is locked by another program; `fuser \(path)` shows which. Try again when "
                + "that has ended."
        case .newer(let version):
            let writer = version.isEmpty ? "a newer gantry" : "gantry \(version)"
            return "The state file \(path) was written by \(writer), and this one does not know its form. Use that "
                + "version, or \(elsewhere); what an interrupted command left is then not known from its journal."
        case .link:
            return "The state file \(path) is a symbolic link. Put the file itself there, or set GANTRY_STATE_DIR to "
                + "the folder that it is in."
        case .notAFile:
            return "The state cannot be kept in \(path), because that is something else. Move it away, or \(elsewhere)."
        case .foreign(let owner):
            return "The state in \(path) belongs to user \(owner), and this is user \(geteuid()). Run gantry as that "
                + "user, or \(elsewhere)."
        case .exposed:
            return "The state folder \(path) may be changed by other users, who could so make gantry stop or remove "
                + "containers. Run `chmod 700 \(path)`, or \(elsewhere)."
        case .unusable(let reason):
            return "The state in \(path) cannot be used: \(reason). Check the disk, or \(elsewhere)."
        }
    }
}

extension StateError {
    /// What an error of SQLite's, or of reading what it gave, means; nil for any other error.
    init?(_ error: any Error, path: String) {
        if let error = error as? StateError {
            self = error
        } else if error is DecodingError {
            self.init(.damaged, path: path)
        } else if let error = error as? DatabaseError {
            self.init(StateError.condition(error, path: path), path: path)
        } else {
            return nil
        }
    }

    private static func condition(_ error: DatabaseError, path: String) -> Condition {
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
        case .SQLITE_FULL: .full
        case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
        // SQLite does not tell a full disk from other failures where it makes or widens its companion files.
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            isFull(path)
                ? .full : error.resultCode == .SQLITE_CANTOPEN ? .unwritable : .unusable(error.message ?? "")
        case .SQLITE_READONLY, .SQLITE_PERM: .unwritable
        default: .unusable(error.message ?? error.description)
        }
    }

    /// What SQLite needs at least for a companion file: its shared memory grows in steps of 32 KiB.
    private static let leastSpace: UInt = 32 << 10

    private static func isFull(_ path: String) -> Bool {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        var status = statvfs()
        guard statvfs("/" + folder, &status) == 0 else { return false }
        return UInt(status.f_bavail) * UInt(status.f_frsize) < leastSpace
    }
}
