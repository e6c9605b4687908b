// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Desired
internal import Glibc
internal import Linux

/// The folder of one instance with the socket that it tells of itself by.
///
/// The container has the folder, not the socket: one that is made anew at its place is found there. Nobody else gets to
/// it, so whoever sends is of that container; the folder above is the agent's alone.
struct NotifyPlace: Sendable {
    private static let socketName = "notify.sock"
    /// Where the container finds the socket.
    static let path = "\(Notification.folder)/\(socketName)"
    /// The folder of all of them below the runtime folder.
    static let folderName = "notify"

    private let folder: String

    /// The place of an instance; nothing is made.
    init(_ id: String, in folders: Folders) { folder = "\(folders.runtime)/\(Self.folderName)/\(id)" }

    /// What the keeper knows the socket of an instance by.
    static func parkedName(_ id: String) -> String { "notify.\(id)" }

    /// Makes the folder and a socket in it that nobody has sent to, in the place of one that is there; the folder, to
    /// be mounted, and the socket.
    func make() throws -> (folder: Descriptor, socket: Descriptor) {
        _ = try Folders.make(folder)
        let opened = try Descriptor.open(folder, MARTLET_O_PATH | O_DIRECTORY | O_NOFOLLOW)
        // Whoever the container runs as comes to it.
        try check("chmod", folder, chmod(folder, 0o755))
        let fresh = "\(Self.socketName).new"
        unlinkat(opened.number, fresh, 0)
        // Its path may be longer than an address holds.
        let kind = Int32(SOCK_DGRAM.rawValue)
        let socket = try Descriptor.bind("/proc/self/fd/\(opened.number)/\(fresh)", kind: kind)
        try check("fchmodat", "\(folder)/\(fresh)", fchmodat(opened.number, fresh, 0o666, 0))
        try check("renameat", folder, renameat(opened.number, fresh, opened.number, Self.socketName))
        return (opened, socket)
    }

    /// Removes those of instances that are not known.
    static func sweep(sparing known: Set<String>, in folders: Folders) throws {
        let all = "\(folders.runtime)/\(folderName)"
        guard access(all, F_OK) == 0 else { return }
        for name in try Descriptor.open(all, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        where !known.contains(name) { try Folders.removeTree("\(all)/\(name)") }
    }

    /// Removes it, if it is there.
    func remove() throws { try Folders.removeTree(folder) }
}
