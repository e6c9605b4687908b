// SPDX-License-Identifier: Apache-2.0

/// A file of a volume by one of its paths: all that is kept of it.
package struct TreeEntry: Hashable, Sendable {
    /// Owner, rights and times.
    package struct Attributes: Hashable, Sendable {
        /// Permission bits with setuid, setgid and sticky.
        package var mode: UInt32
        package var uid: UInt32
        package var gid: UInt32
        /// When its content changed last, since 1970.
        package var seconds: Int64
        package var nanoseconds: UInt32
        /// Extended attributes in the order of their names: ACLs and capabilities are some.
        package var extended: [Extended] = []
    }

    /// An extended attribute, xattr(7).
    package struct Extended: Hashable, Sendable {
        package let name: [UInt8]
        package let value: [UInt8]
    }

    /// What it is.
    package enum Kind: Hashable, Sendable {
        /// An earlier one of this path is no more.
        case gone
        case directory
        case file(FileContent)
        case symbolicLink(target: [UInt8])
        /// A further path of the file that has this one.
        case hardLink(to: TreePath)
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case fifo
        case socket
    }

    /// All extended attributes of a file have no more bytes.
    static let maximumExtendedBytes = 256 << 10
    /// XATTR_NAME_MAX and XATTR_SIZE_MAX, linux/limits.h.
    static let extendedLimits = (name: 255, value: 65_536, count: 4_096)
    /// PATH_MAX without its NUL.
    static let maximumTarget = 4_095

    package let path: TreePath
    package let kind: Kind
    /// Nil for what is gone, and for further paths.
    package let attributes: Attributes?

    init(path: TreePath, kind: Kind, attributes: Attributes?) {
        self.path = path
        self.kind = kind
        self.attributes = attributes
    }

    /// The path leads nowhere now.
    init(gone path: TreePath) { self.init(path: path, kind: .gone, attributes: nil) }

    /// The bytes of a file, holes included, where this is its first path.
    var size: UInt64 { if case .file(let content) = kind { UInt64(content.size) } else { 0 } }

    /// Whether it says that something is no more.
    package var isGone: Bool { kind == .gone }
}
