// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
internal import Linux

extension FuseServer {
    /// The file system never changes: the kernel may keep what it hears until it needs the memory, in seconds.
    static let forever: UInt64 = 1 << 31

    /// Answers a request; false if the store has to be asked first.
    func answer(_ request: FuseRequest, _ buffer: FuseBuffer) throws(LinuxError) -> Bool {
        switch fuse_opcode(request.opcode) {
        case FUSE_INIT: try begin(request)
        // Whoever makes a file system like this one counts references to inodes; here all are there at all times.
        case FUSE_FORGET, FUSE_BATCH_FORGET: return true
        case FUSE_INTERRUPT: try interrupt(request)
        case FUSE_DESTROY, FUSE_ACCESS, FUSE_RELEASE, FUSE_RELEASEDIR: try device.answer(request.unique)
        case FUSE_LOOKUP: try lookUp(request)
        case FUSE_GETATTR:
            var message = fuse_attr_out()
            message.attr_valid = Self.forever
            message.attr = attributes(of: try file(request))
            try device.answer(request.unique, message)
        case FUSE_READDIR, FUSE_READDIRPLUS: try list(request, buffer)
        case FUSE_STATFS: try device.answer(request.unique, status)
        case FUSE_READLINK:
            let node = tree.nodes[try file(request)]
            guard node.kind == .link else { throw error(request, EINVAL) }
            try answer(request.unique, node.place)
        case FUSE_GETXATTR: try attribute(request)
        case FUSE_LISTXATTR: try attributeNames(request, buffer)
        case FUSE_READ: return try read(request, buffer)
        case FUSE_LSEEK: return try seek(request)
        // Files are not opened: the kernel is told so once, and asks no more (FUSE_NO_OPEN_SUPPORT).
        default: throw error(request, ENOSYS)
        }
        return true
    }

    func error(_ request: FuseRequest, _ errno: Int32) -> LinuxError {
        LinuxError("fuse", "request \(request.opcode)", errno: errno)
    }

    /// The place in the tree that a request is about.
    func file(_ request: FuseRequest) throws(LinuxError) -> Int {
        guard request.node >= 1, request.node <= UInt64(tree.count) else { throw error(request, ESTALE) }
        return Int(request.node) - 1
    }

    /// Bytes of the tree as an answer.
    func answer(_ unique: UInt64, _ part: TreeNode.Part) throws(LinuxError) {
        try tree.bytes.withUnsafeBufferPointer { (bytes) throws(LinuxError) in
            try device.answer(
                unique,
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[part.range]))
            )
        }
    }

    private func begin(_ request: FuseRequest) throws(LinuxError) {
        // Older kernels send less; what is not there is zero.
        let major = try request.take(UInt32.self)
        var answer = fuse_init_out()
        answer.major = UInt32(FUSE_KERNEL_VERSION)
        answer.minor = UInt32(FUSE_KERNEL_MINOR_VERSION)
        guard major <= answer.major else { return try device.answer(request.unique, answer) }
        struct Start: BitwiseCopyable {
            var major: UInt32
            var minor: UInt32
            var readAhead: UInt32
            var flags: UInt32
        }
        let start = try request.take(Start.self)
        // 7.28 is Linux 4.20, which has all that follows but the last.
        guard major == answer.major, start.minor >= 28 else { throw error(request, EPROTO) }
        let wanted =
            FUSE_ASYNC_READ | FUSE_EXPORT_SUPPORT | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO
            | FUSE_NO_OPEN_SUPPORT | FUSE_PARALLEL_DIROPS | FUSE_POSIX_ACL | FUSE_MAX_PAGES
            | FUSE_CACHE_SYMLINKS | FUSE_NO_OPENDIR_SUPPORT
        answer.minor = min(answer.minor, start.minor)
        answer.max_readahead = min(start.readAhead, UInt32(FuseBuffer.size))
        answer.flags = start.flags & UInt32(wanted)
        answer.max_background = 64
        answer.congestion_threshold = 48
        answer.max_write = 4_096
        answer.max_pages = UInt16(FuseBuffer.size / 4_096)
        answer.time_gran = 1
        try device.answer(request.unique, answer)
    }

    private var status: fuse_statfs_out {
        var answer = fuse_statfs_out()
        answer.st.blocks = UInt64(tree.stored + 4_095) / 4_096
        answer.st.files = UInt64(tree.count)
        answer.st.bsize = 4_096
        answer.st.frsize = 4_096
        answer.st.namelen = 255
        return answer
    }
}
