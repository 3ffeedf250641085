import ComposeState
import Foundation
import Testing

@testable import ComposeCommands

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct StateDirectoryTests {
    /// A folder that goes with the value.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)").path
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Opens the state in a folder; returns what it told.
    private static func open(_ path: String) throws -> [String] {
        var notices: [String] = []
        _ = try StateDirectory(environment: ["GANTRY_STATE_DIR": path]) { notices.append($0) }.journal()
        return notices
    }

    private static func condition(of path: String) -> StateError.Condition? {
        do {
            _ = try open(path)
            return nil
        } catch {
            #expect(String(describing: error).hasSuffix("Nothing was changed, and what runs goes on."))
            return (error as? StateError)?.condition
        }
    }

    @Test func whatIsMadeIsTheUsersAlone() throws {
        let folder = Folder()
        #expect(try Self.open(folder.path + "/deep/state") == [])
        for (part, mode) in [("", 0o700), ("/locks", 0o700), ("/state.db", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/deep/state" + part)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(part)")
        }
    }

    @Test func aFolderThatOthersMayWriteToIsRefused() throws {
        let folder = Folder()
        _ = try Self.open(folder.path)
        chmod(folder.path, 0o755)
        #expect(Self.condition(of: folder.path) == nil)
        chmod(folder.path, 0o770)
        #expect(Self.condition(of: folder.path) == .exposed)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
    func aFolderOfAnotherUserIsRefused() throws {
        let folder = Folder()
        _ = try Self.open(folder.path)
        chown(folder.path, 12_345, 12_345)
        #expect(Self.condition(of: folder.path) == .foreign(owner: 12_345))
    }

    @Test func aFileInTheFoldersPlaceIsRefusedAndALinkToAFolderFollowed() throws {
        let folder = Folder()
        _ = try Self.open(folder.path + "/real")
        try Data().write(to: URL(filePath: folder.path + "/file"))
        #expect(Self.condition(of: folder.path + "/file") == .notAFile)
        symlink(folder.path + "/real", folder.path + "/link")
        #expect(Self.condition(of: folder.path + "/link") == nil)
    }

    @Test func aLostStateIsToldOfOnceAndOnlyWhereThereWasOne() throws {
        let folder = Folder()
        _ = try Self.open(folder.path)
        unlink(folder.path + "/state.db")
        #expect(try Self.open(folder.path) == [])
        try Data().write(to: URL(filePath: folder.path + "/locks/shop.lock"))
        unlink(folder.path + "/state.db")
        let notices = try Self.open(folder.path)
        #expect(notices.count == 2)
        #expect(notices.first?.contains("/state.db is gone") == true)
        #expect(try Self.open(folder.path) == [])
        try Data(repeating: 7, count: 5000).write(to: URL(filePath: folder.path + "/state.db"))
        #expect(try Self.open(folder.path).first?.contains("state.db.corrupt-1") == true)
    }
}
