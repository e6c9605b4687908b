// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

/// A directory of the host that is mounted in containers that run.
public struct MountedDirectory: Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// Describes the mounts of a directory, by an open file of it.
    public init(_ directory: Descriptor) throws(LinuxError) {
        let status = try directory.status()
        (device, inode) = (status.device, status.inode)
    }

    /// Has processes of a container read it alone, or write it again, at a path that it is mounted on, mount_setattr(2).
    ///
    /// A namespace of mounts that the container made of its own keeps what it has.
    ///
    /// - Parameters:
    ///   - isReadOnly: Whether they may read alone.
    ///   - paths: Where it is mounted, as the container sees it.
    ///   - process: The container's, a pidfd.
    ///   - id: The container's, for errors.
    /// - Throws: `EBUSY` while somebody there has a file of it open for writing; `ESTALE` if something else is at a path.
    public func set(readOnly isReadOnly: Bool, at paths: [String], in process: Descriptor, of id: String)
        async throws
    {
        // A thread of its own, which enters the container's namespace and ends there.
        try await Thread.run {
            try check("unshare", id, martlet_unshare(MARTLET_CLONE_FS))
            try check("setns", id, martlet_setns(process.number, MARTLET_CLONE_NEWNS))
            let root = try Descriptor.open("/", MARTLET_O_PATH | O_DIRECTORY)
            for path in paths {
                let place = try Descriptor.open(
                    path,
                    MARTLET_O_PATH | O_DIRECTORY,
                    at: root.number,
                    resolve: [.inRoot, .noMagicLinks]
                )
                // A link on the way may lead to a mount that is never to be written.
                let status = try place.status()
                guard (status.device, status.inode) == (device, inode) else {
                    throw LinuxError("mount_setattr", "\(path) of \(id)", errno: ESTALE)
                }
                let result = martlet_mount_set_read_only(place.number, isReadOnly ? 1 : 0)
                try check("mount_setattr", "\(path) of \(id)", result)
            }
        }
    }
}
