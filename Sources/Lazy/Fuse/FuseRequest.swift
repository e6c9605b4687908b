// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
internal import Linux

/// A message of the kernel, fuse(4), in the memory that it was read into.
struct FuseRequest {
    let opcode: UInt32
    /// What its answer names.
    let unique: UInt64
    /// The inode that it is about: a place in the tree, from 1 on.
    let node: UInt64
    /// The thread that waits for the answer; 0 where that is none.
    let thread: Int32
    private let body: UnsafeRawBufferPointer

    static let headerSize = MemoryLayout<fuse_in_header>.size

    /// Reads what was given; nil if it is no whole message.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize else { return nil }
        let header = bytes.loadUnaligned(as: fuse_in_header.self)
        guard header.len >= Self.headerSize, header.len <= bytes.count else { return nil }
        opcode = header.opcode
        unique = header.unique
        node = header.nodeid
        thread = Int32(clamping: header.pid)
        body = UnsafeRawBufferPointer(rebasing: bytes[Self.headerSize..<Int(header.len)])
    }

    /// What follows the header; throws `EINVAL` if that is too short.
    func take<Message: BitwiseCopyable>(_ type: Message.Type) throws(LinuxError) -> Message {
        guard body.count >= MemoryLayout<Message>.size else { throw short }
        return body.loadUnaligned(as: type)
    }

    /// A name behind so many bytes, which a NUL ends.
    func name(after skipped: Int = 0) throws(LinuxError) -> Slice<UnsafeRawBufferPointer> {
        guard body.count > skipped, let end = body[skipped...].firstIndex(of: 0) else { throw short }
        return body[skipped..<end]
    }

    private var short: LinuxError { LinuxError("read", "request \(opcode) of /dev/fuse", errno: EINVAL) }
}
