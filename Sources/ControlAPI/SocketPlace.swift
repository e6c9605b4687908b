// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Glibc
internal import Linux

/// Who can open the unix socket: the owner, and the members of a group if there is one.
struct SocketPlace: Sendable {
    private let group: gid_t?

    /// Looks the group up.
    init(_ name: String?) throws {
        guard let name else {
            group = nil
            return
        }
        var entry = Glibc.group()
        var buffer = [CChar](repeating: 0, count: 65_536)
        var found: UnsafeMutablePointer<Glibc.group>?
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            throw AgentError("listen", "api.group", "there is no group \(name): make it, or name another")
        }
        group = entry.gr_gid
    }

    /// Opens a socket that was made, and the way to it, as far as is meant.
    ///
    /// The folder lets members through and shows them nothing: all else in it is the owner's alone.
    func open(_ path: String) throws {
        guard let group else {
            try check("chmod", path, chmod(path, 0o600))
            return
        }
        let folder = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        try check("chown", path, chown(path, 0, group))
        try check("chmod", path, chmod(path, 0o660))
        let status = try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).status()
        guard status.uid == geteuid(), status.mode & 0o077 == 0 else { return }
        try check("chown", folder, chown(folder, 0, group))
        try check("chmod", folder, chmod(folder, 0o710))
    }
}
