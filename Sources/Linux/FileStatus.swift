// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// What stat(2) tells about a file.
public struct FileStatus: Equatable, Sendable {
    /// The kinds of files.
    public enum Kind: Sendable {
        case file, directory, link, characterDevice, blockDevice, fifo, socket, unknown
    }

    /// The kind of file.
    public let kind: Kind
    /// Permission bits with setuid, setgid and sticky.
    public let mode: UInt32
    /// The owner.
    public let uid: UInt32
    /// The group.
    public let gid: UInt32
    /// Bytes, holes included.
    public let size: Int64
    /// The inode number.
    public let inode: UInt64
    /// The device that holds the file.
    public let device: UInt64
    /// Names that lead to the file.
    public let links: UInt64
    /// Time of the last change of content: whole seconds.
    public let modified: Int64
    /// The nanoseconds of `modified`.
    public let modifiedNanoseconds: Int
    /// When its content, its attributes or its name changed last, which nobody can set; seconds since 1970.
    public let changed: Int64
    /// The nanoseconds of `changed`.
    public let changedNanoseconds: Int
    /// Major and minor number of a device node.
    public let node: (major: UInt32, minor: UInt32)

    init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .unknown
            }
        mode = raw.st_mode & 0o7777
        uid = raw.st_uid
        gid = raw.st_gid
        size = Int64(raw.st_size)
        inode = UInt64(raw.st_ino)
        device = UInt64(raw.st_dev)
        links = UInt64(raw.st_nlink)
        modified = Int64(raw.st_mtim.tv_sec)
        modifiedNanoseconds = Int(raw.st_mtim.tv_nsec)
        changed = Int64(raw.st_ctim.tv_sec)
        changedNanoseconds = Int(raw.st_ctim.tv_nsec)
        node = (martlet_major(raw.st_rdev), martlet_minor(raw.st_rdev))
    }

    /// A character device 0:0, which overlayfs reads as "deleted here".
    public var isWhiteout: Bool { kind == .characterDevice && node == (0, 0) }

    /// Equal in every field but nanoseconds and those of `changed`, which say when rather than what.
    public static func == (a: FileStatus, b: FileStatus) -> Bool {
        a.kind == b.kind && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.size == b.size
            && a.inode == b.inode && a.device == b.device && a.links == b.links && a.modified == b.modified
            && a.node == b.node
    }
}
