// SPDX-License-Identifier: Apache-2.0
internal import CArchive
internal import Glibc

/// The header of one entry of a tar archive, as it stands there: nothing in it has been judged.
struct TarEntry {
    enum Kind: Equatable {
        case file, directory, fifo, other
        /// `S_IFCHR` or `S_IFBLK`, and its numbers.
        case device(mode_t, major: UInt32, minor: UInt32)
        case link([UInt8])
        case hardLink([UInt8])

        /// What overlayfs would take for a name that is hidden.
        var isWhiteout: Bool { self == .device(S_IFCHR, major: 0, minor: 0) }
    }

    let path: [UInt8]
    let kind: Kind
    let mode: UInt32
    let uid: Int64
    let gid: Int64
    let size: Int64
    let seconds: Int64
    let nanoseconds: Int
    let attributes: [(name: String, value: [UInt8])]

    /// The path for messages.
    var subject: String { String(decoding: path.prefix(256), as: UTF8.self) }

    init(_ entry: OpaquePointer) {
        func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
            text.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
        path = bytes(archive_entry_pathname(entry)) ?? bytes(archive_entry_pathname_utf8(entry)) ?? []
        if let target = bytes(archive_entry_hardlink(entry)) ?? bytes(archive_entry_hardlink_utf8(entry)) {
            kind = .hardLink(target)
        } else {
            kind =
                switch mode_t(archive_entry_filetype(entry)) {
                case S_IFREG: .file
                case S_IFDIR: .directory
                case S_IFIFO: .fifo
                case S_IFCHR, S_IFBLK:
                    .device(
                        mode_t(archive_entry_filetype(entry)),
                        major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
                        minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry))
                    )
                case S_IFLNK:
                    .link(
                        bytes(archive_entry_symlink(entry)) ?? bytes(archive_entry_symlink_utf8(entry)) ?? []
                    )
                default: .other
                }
        }
        mode = UInt32(archive_entry_perm(entry)) & 0o7777
        uid = Int64(archive_entry_uid(entry))
        gid = Int64(archive_entry_gid(entry))
        size = archive_entry_size_is_set(entry) != 0 ? Int64(archive_entry_size(entry)) : 0
        // ext4's range; a time outside it would fail or wrap.
        seconds = min(max(Int64(archive_entry_mtime(entry)), -0x8000_0000), 0x3_7FFF_FFFF)
        nanoseconds = min(max(Int(archive_entry_mtime_nsec(entry)), 0), 999_999_999)

        var attributes: [(String, [UInt8])] = []
        if archive_entry_xattr_reset(entry) > 0 {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var count = 0
            while archive_entry_xattr_next(entry, &name, &value, &count) == ARCHIVE_OK {
                guard let name else { continue }
                attributes.append(
                    (String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: count)))
                )
            }
        }
        self.attributes = attributes
    }
}
