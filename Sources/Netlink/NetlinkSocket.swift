// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A blocking rtnetlink socket of one network namespace: the one its opening thread was in.
///
/// Requests from several threads take turns. Every call blocks until the kernel has answered, so do not
/// call from the cooperative pool.
public final class NetlinkSocket: Sendable {
    private let descriptor: Descriptor
    private let sequence = Mutex<UInt32>(0)

    /// Opens a socket in the namespace of the calling thread.
    public convenience init() throws(NetlinkError) {
        try self.init(protocol: Rtnetlink.route)
    }

    init(protocol: Int32) throws(NetlinkError) {
        do {
            let number = try check(
                "socket",
                "AF_NETLINK",
                socket(Rtnetlink.family, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), `protocol`)
            )
            descriptor = Descriptor(owning: number)
            for option in [Rtnetlink.capAck, Rtnetlink.extendedAck, Rtnetlink.strictCheck] {
                var on: Int32 = 1
                try check(
                    "setsockopt",
                    "SOL_NETLINK \(option)",
                    setsockopt(
                        number,
                        Rtnetlink.optionLevel,
                        option,
                        &on,
                        socklen_t(MemoryLayout<Int32>.size)
                    )
                )
            }
        } catch {
            throw NetlinkError("open", "netlink socket", error)
        }
    }

    /// Sends a request and waits for its acknowledgement.
    func request(_ message: NetlinkMessage, _ operation: String, _ subject: String) throws(NetlinkError) {
        _ = try exchange(message, operation, subject)
    }

    /// Sends a request that asks for one object and for an acknowledgement, and returns the payloads.
    func read(
        _ message: NetlinkMessage,
        _ operation: String,
        _ subject: String
    ) throws(NetlinkError) -> [ArraySlice<UInt8>] {
        try exchange(message, operation, subject).payloads
    }

    /// Sends a dump request and returns the payloads of all parts, asking again if the kernel's list
    /// changed meanwhile.
    func dump(_ message: NetlinkMessage, _ operation: String) throws(NetlinkError) -> [ArraySlice<UInt8>] {
        for _ in 0..<16 {
            let answer = try exchange(message, operation, "all")
            if !answer.interrupted { return answer.payloads }
        }
        throw NetlinkError(operation, "all", errno: EINTR, detail: "the list kept changing")
    }

    private func exchange(
        _ message: NetlinkMessage,
        _ operation: String,
        _ subject: String
    ) throws(NetlinkError) -> NetlinkAnswer {
        guard !message.oversized else {
            throw NetlinkError(operation, subject, errno: EMSGSIZE, detail: "request too long")
        }
        return try sequence.withLock { (number: inout UInt32) throws(NetlinkError) -> NetlinkAnswer in
            number &+= 1
            var answer = NetlinkAnswer(sequence: number)
            do throws(LinuxError) {
                try send(message.encoded(sequence: number))
                while !answer.complete { answer.take(try receive()) }
            } catch {
                throw NetlinkError(operation, subject, error)
            }
            guard answer.errno == 0 else {
                throw NetlinkError(operation, subject, errno: answer.errno, detail: answer.detail)
            }
            return answer
        }
    }

    private func send(_ bytes: [UInt8]) throws(LinuxError) {
        // No address: an unconnected netlink socket speaks to the kernel, port 0.
        var kernel = [UInt8](repeating: 0, count: 12)
        kernel[0] = UInt8(Rtnetlink.family)
        try retrying("sendto", "netlink") {
            kernel.withUnsafeBytes { address in
                sendto(
                    descriptor.number,
                    bytes,
                    bytes.count,
                    0,
                    address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    12
                )
            }
        }
    }

    private func receive() throws(LinuxError) -> [UInt8] {
        // The kernel never sends parts above 32 KiB (NLMSG_GOODSIZE, netlink_dump), so nothing is cut.
        var failure: LinuxError?
        let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, filled in
            do throws(LinuxError) {
                filled = try retrying("recv", "netlink") {
                    recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
