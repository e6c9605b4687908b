// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
package import Linux

/// The kernel's end of a mount, fuse(4): requests are read from it, and answers are written to it.
package struct FuseDevice: Sendable {
    /// The open device: the mount lives as long as one process has it.
    package let descriptor: Descriptor

    /// Takes an open `/dev/fuse` that something is mounted by, or will be.
    package init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Waits for a request; 0 bytes if the mount is gone.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LinuxError) -> Int {
        while true {
            do throws(LinuxError) { return try descriptor.read(into: buffer) } catch {
                switch error.errno {
                // ENOENT: it was called off before we had it.
                case ENOENT, EAGAIN: continue
                case ENODEV, ECONNABORTED: return 0
                default: throw error
                }
            }
        }
    }

    /// Says that something failed, or, with 0, that it was done.
    func answer(_ unique: UInt64, failure: Int32 = 0) throws(LinuxError) {
        try answer(unique, failure: failure, UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Answers with a message.
    func answer<Message: BitwiseCopyable>(_ unique: UInt64, _ message: Message) throws(LinuxError) {
        try withUnsafeBytes(of: message) { (bytes) throws(LinuxError) in try answer(unique, bytes) }
    }

    /// Answers with bytes.
    ///
    /// Nobody waits any more where the request was called off, or the mount is gone.
    func answer(_ unique: UInt64, failure: Int32 = 0, _ bytes: UnsafeRawBufferPointer) throws(LinuxError) {
        var header = fuse_out_header()
        header.len = UInt32(MemoryLayout<fuse_out_header>.size + bytes.count)
        header.error = -failure
        header.unique = unique
        let number = descriptor.number
        do throws(LinuxError) {
            try withUnsafeMutableBytes(of: &header) { (head) throws(LinuxError) in
                let parts = [
                    iovec(iov_base: head.baseAddress, iov_len: head.count),
                    iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                        iov_len: bytes.count
                    ),
                ]
                try retrying("writev", "/dev/fuse") { writev(number, parts, 2) }
            }
        } catch {
            guard [ENOENT, ENODEV, ECONNABORTED, EPERM].contains(error.errno) else { throw error }
        }
    }
}
