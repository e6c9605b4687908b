// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Calls on an entry of any kind, which is not opened for reading or writing: a device or a fifo may do anything then.
extension Descriptor {
    /// A descriptor of an entry itself (`O_PATH`), also of a symbolic link, to be named by `ownPath`.
    public func open(itself name: RawPath) throws(LinuxError) -> Descriptor {
        Descriptor(
            owning: try retrying("openat", name.description) {
                name.withCString { openat(number, $0, Int32(MARTLET_O_PATH) | O_NOFOLLOW | O_CLOEXEC) }
            }
        )
    }

    /// A path that leads to this very file, whatever its names are, proc(5).
    private var ownPath: String { "/proc/self/fd/\(number)" }

    /// The extended attributes of the file, whatever it is, in the order of their names.
    public func everyAttribute() throws(LinuxError) -> [(name: [UInt8], value: [UInt8])] {
        let path = ownPath
        var count = 0
        let list = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, filled in  // XATTR_LIST_MAX
            // What is open for reading is found without its path.
            count = martlet_flistxattr(number, buffer.baseAddress, buffer.count)
            if count < 0, errno == EBADF {
                count = martlet_listxattr(path, buffer.baseAddress, buffer.count)
            }
            filled = max(0, count)
        }
        if count < 0, errno == ENOTSUP { return [] }
        try check("listxattr", path, count)
        guard count > 0 else { return [] }
        var attributes: [(name: [UInt8], value: [UInt8])] = []
        for name in list.prefix(count).split(separator: 0).map(Array.init).sorted(by: {
            $0.lexicographicallyPrecedes($1)
        }) {
            let text = name.map { CChar(bitPattern: $0) } + [0]
            var value = [UInt8](repeating: 0, count: 65_536)  // XATTR_SIZE_MAX
            let size = value.withUnsafeMutableBytes { martlet_getxattr(path, text, $0.baseAddress, $0.count) }
            if size < 0, errno == ENODATA { continue }  // it went meanwhile
            try check("getxattr", String(decoding: name, as: UTF8.self), size)
            attributes.append((name, Array(value.prefix(size))))
        }
        return attributes
    }

    /// Sets an extended attribute of the file, whatever it is.
    public func setEveryAttribute(_ name: [UInt8], _ value: [UInt8]) throws(LinuxError) {
        let path = ownPath, text = name.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
        let result = value.withUnsafeBytes { martlet_setxattr(path, text, $0.baseAddress, $0.count) }
        try check("setxattr", String(decoding: name, as: UTF8.self), result)
    }

    /// Sets the permission bits of the file, whatever it is but a symbolic link, which has none.
    public func changeEveryMode(_ mode: UInt32) throws(LinuxError) {
        try check("chmod", ownPath, chmod(ownPath, mode_t(mode)))
    }

    /// Where data begins from `offset` on, and where that ends; nil if nothing but a hole follows, lseek(2).
    public func data(from offset: Int64) throws(LinuxError) -> Range<Int64>? {
        // Most files have no hole: their end is all that is asked for.
        guard let first = try seek(offset, Int32(martlet_SEEK_HOLE)) else { return nil }
        guard first <= offset else { return offset..<first }
        guard let begin = try seek(offset, Int32(martlet_SEEK_DATA)) else { return nil }
        guard let end = try seek(begin, Int32(martlet_SEEK_HOLE)) else { return nil }
        return begin..<max(begin, end)
    }

    /// The next place of a kind; nil if there is none before the end of the file, which may have become shorter.
    private func seek(_ offset: Int64, _ kind: Int32) throws(LinuxError) -> Int64? {
        let place = Int64(lseek(number, off_t(offset), kind))
        if place < 0, errno == ENXIO { return nil }
        return try check("lseek", "descriptor \(number)", place)
    }
}
