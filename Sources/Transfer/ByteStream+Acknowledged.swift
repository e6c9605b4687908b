// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension ByteStream {
    /// How far the kernels at both ends are: bytes on the wire, with what TLS adds to them.
    public struct Progress: Sendable {
        /// Bytes that this node's kernel was given.
        public let sent: UInt64
        /// How many of them the receiver's kernel has acknowledged.
        public let acknowledged: UInt64
    }

    /// How far the kernels are; nil if this one cannot tell.
    ///
    /// What is acknowledged has reached the receiver's kernel, not yet the receiver: it is lost if that is killed.
    public func progress() -> Progress? {
        // What waits only becomes less while this thread, which alone sends, is here: between two counts that are the
        // same nothing was acknowledged, so that both numbers are of one moment.
        var waiting: Int32 = -1, before: Int32, acknowledged: UInt64
        repeat {
            before = waiting
            guard let bytes = acknowledgedBytes, ioctl(socket, UInt(TIOCOUTQ), &waiting) == 0 else {
                return nil
            }
            acknowledged = bytes
        } while waiting != before
        return Progress(sent: acknowledged + UInt64(max(0, waiting)), acknowledged: acknowledged)
    }

    /// `tcpi_bytes_acked` of struct tcp_info, linux/tcp.h, which is longer than the C library's.
    private var acknowledgedBytes: UInt64? {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { info in
            var size = socklen_t(info.count)
            let offset = 120
            guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, info.baseAddress, &size) == 0,
                Int(size) >= offset + 8
            else { return nil }
            return info.load(fromByteOffset: offset, as: UInt64.self)
        }
    }
}
