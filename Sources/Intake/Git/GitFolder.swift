// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux

/// A folder in memory for one reading of a repository: what git is told, and what it fetches.
///
/// It goes with its last reference.
final class GitFolder: Sendable {
    /// Who runs git where we are root: nobody.
    static let user: UInt32 = 65_534

    private static let parent = "/dev/shm"
    private static let prefix = "martlet-git."

    let path: String
    /// Its lock says that somebody lives who uses it.
    private let lock: Descriptor

    init() throws(LinuxError) {
        Self.sweep()
        (path, lock) = try Self.make()
        if geteuid() == 0 { try check("chown", path, chown(path, Self.user, Self.user)) }
    }

    deinit { Self.remove(path) }

    /// Writes a file that git alone can read; its path.
    func write(_ bytes: [UInt8], to name: String) throws(LinuxError) -> String {
        let file = try Descriptor.open(
            "\(path)/\(name)",
            O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
            mode: 0o600
        )
        try file.write(bytes)
        if geteuid() == 0 { try file.changeOwner(uid: Self.user, gid: Self.user) }
        return "\(path)/\(name)"
    }

    /// A folder that is locked; between the two a sweep may have taken it for one of an agent that was killed.
    private static func make() throws(LinuxError) -> (String, Descriptor) {
        while true {
            var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw LinuxError("mkdtemp", parent, errno: errno) }
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let lock = locked(path), access(path, F_OK) == 0 else { continue }
            return (path, lock)
        }
    }

    /// The folder with its lock; nil if somebody else has that, or it is gone.
    private static func locked(_ path: String) -> Descriptor? {
        guard let folder = try? Descriptor.open(path, O_DIRECTORY | O_NOFOLLOW | O_RDONLY),
            flock(folder.number, LOCK_EX | LOCK_NB) == 0
        else { return nil }
        return folder
    }

    /// Removes what agents that were killed have left.
    private static func sweep() {
        guard let parent = try? Descriptor.open(parent, O_DIRECTORY | O_RDONLY),
            let names = try? parent.entries()
        else { return }
        for name in names where name.description.hasPrefix(prefix) {
            guard let status = try? parent.status(name), status.kind == .directory,
                status.uid == user || status.uid == geteuid(), let lock = locked("\(Self.parent)/\(name)")
            else { continue }
            withExtendedLifetime(lock) { remove("\(Self.parent)/\(name)") }
        }
    }

    /// Removes a tree without following a link; what is in the way of that is left to a later sweep.
    private static func remove(_ path: String) {
        let name = path.split(separator: "/").last.flatMap { RawPath(String($0)) }
        guard let name, let parent = try? Descriptor.open(parent, O_DIRECTORY | O_RDONLY) else { return }
        remove(name, in: parent, depth: 0)
    }

    private static func remove(_ name: RawPath, in parent: Descriptor, depth: Int) {
        if (try? parent.unlink(name)) != nil { return }
        guard depth < 64,
            let folder = try? parent.open(
                name,
                O_DIRECTORY | O_NOFOLLOW | O_RDONLY,
                resolve: [.beneath, .noSymlinks]
            )
        else { return }
        for entry in (try? folder.entries()) ?? [] { remove(entry, in: folder, depth: depth + 1) }
        try? parent.removeDirectory(name)
    }
}
