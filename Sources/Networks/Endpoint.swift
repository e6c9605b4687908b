// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

/// An address and port as socket calls want it.
struct Endpoint: Hashable, Sendable {
    let address: IPAddress
    let port: UInt16

    /// Calls `body` with the `sockaddr` of this endpoint.
    func withSocketAddress<Value>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Value) -> Value {
        // sockaddr_in: family, port, address; sockaddr_in6: family, port, flow, address, scope.
        var bytes = [UInt8](repeating: 0, count: address.isV4 ? 16 : 28)
        withUnsafeBytes(of: UInt16(address.family)) { bytes.replaceSubrange(0..<2, with: $0) }
        withUnsafeBytes(of: port.bigEndian) { bytes.replaceSubrange(2..<4, with: $0) }
        let start = address.isV4 ? 4 : 8
        bytes.replaceSubrange(start..<start + address.bytes.count, with: address.bytes)
        return bytes.withUnsafeBytes {
            body($0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
    }

    /// A non-blocking, close-on-exec socket of this address family.
    func socket(_ kind: __socket_type) throws(LinuxError) -> Descriptor {
        Descriptor(
            owning: try check(
                "socket",
                "\(address)",
                Glibc.socket(
                    Int32(address.family),
                    Int32(kind.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
                    0
                )
            )
        )
    }

    /// A socket bound to this endpoint.
    func bound(_ kind: __socket_type, reuse: Bool) throws(LinuxError) -> Descriptor {
        let descriptor = try socket(kind)
        if reuse { try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1) }
        if !address.isV4 { try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try check(
            "bind",
            "\(address) port \(port)",
            withSocketAddress { bind(descriptor.number, $0, $1) }
        )
        return descriptor
    }
}

extension Descriptor {
    func setOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(LinuxError) {
        var value = value
        try check(
            "setsockopt",
            "\(level) \(name)",
            setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        )
    }
}
