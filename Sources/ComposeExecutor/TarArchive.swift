package import ComposePlanner
package import EngineAPI

/// A tar archive in the ustar format (POSIX.1-1988) of files to be unpacked at a container's root.
///
/// Parent folders are not part of it: the engine makes missing ones itself.
enum TarArchive {
    /// The longest path that a ustar header holds without a prefix field.
    static let longestPath = 99

    /// The bytes of the archive. Throws where a path does not fit into a header.
    static func make(_ files: [InjectedFile]) throws(PathTooLong) -> [UInt8] {
        var archive: [UInt8] = []
        for file in files {
            let path = file.path.drop { $0 == "/" }
            guard path.utf8.count <= longestPath else { throw PathTooLong(path: file.path) }
            archive += header(path: String(path), file)
            archive += file.content
            archive += [UInt8](repeating: 0, count: (512 - file.content.count % 512) % 512)
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }

    private static func header(path: String, _ file: InjectedFile) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        put(path, at: 0)
        put(octal(file.mode & 0o7777, width: 7), at: 100)
        put(octal(file.uid, width: 7), at: 108)
        put(octal(file.gid, width: 7), at: 116)
        put(octal(file.content.count, width: 11), at: 124)
        put(octal(0, width: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, width: 6), at: 148)
        header[154] = 0
        header[155] = UInt8(ascii: " ")
        return header
    }

    /// A path that cannot be written.
    struct PathTooLong: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "The config or secret for \(path) cannot be copied into the container: the path is longer than "
                + "\(longestPath) bytes. Choose a shorter target."
        }
    }
}

extension ContainerEndpoints {
    /// Puts files into a container that does not run yet; none is no call.
    package func upload(_ files: [InjectedFile], to id: ContainerID) async throws {
        if files.isEmpty { return }
        try await uploadArchive(try TarArchive.make(files), to: id, directory: "/")
    }
}
