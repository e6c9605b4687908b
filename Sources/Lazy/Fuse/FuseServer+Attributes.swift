// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
internal import Linux

extension FuseServer {
    /// The value of an extended attribute, or how long it is.
    func attribute(_ request: FuseRequest) throws(LinuxError) {
        let size = try request.take(fuse_getxattr_in.self).size
        let name = try request.name(after: MemoryLayout<fuse_getxattr_in>.size)
        guard let value = tree.attribute(name, of: try file(request)) else { throw error(request, ENODATA) }
        guard size > 0 else { return try answer(request, length: Int(value.count)) }
        guard value.count <= size else { throw error(request, ERANGE) }
        try answer(request.unique, value)
    }

    /// The names of all extended attributes, each ended by a NUL, or how long they are.
    func attributeNames(_ request: FuseRequest, _ buffer: FuseBuffer) throws(LinuxError) {
        let size = try request.take(fuse_getxattr_in.self).size
        let attributes = tree.extended[tree.nodes[try file(request)].extended.range]
        let length = attributes.reduce(0) { $0 + Int($1.name.count) + 1 }
        guard size > 0 else { return try answer(request, length: length) }
        guard length <= size, length <= FuseBuffer.size else { throw error(request, ERANGE) }
        let room = buffer.prefix(length)
        var filled = 0
        for attribute in attributes {
            let text = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
            text.copyBytes(from: tree.text(attribute.name))
            filled += Int(attribute.name.count)
            room[filled] = 0
            filled += 1
        }
        try device.answer(request.unique, UnsafeRawBufferPointer(room))
    }

    private func answer(_ request: FuseRequest, length: Int) throws(LinuxError) {
        // XATTR_LIST_MAX of linux/limits.h; more cannot be told.
        guard length <= 65_536 else { throw error(request, E2BIG) }
        try device.answer(request.unique, fuse_getxattr_out(size: UInt32(length), padding: 0))
    }
}
