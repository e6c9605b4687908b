// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

extension Descriptor {
    /// Connects to a unix socket of `kind` (`SOCK_STREAM`, `SOCK_SEQPACKET`, ...), close-on-exec.
    ///
    /// A path longer than 107 bytes is `ENAMETOOLONG`: go through `/proc/self/fd/N`.
    public static func connect(_ path: String, kind: Int32) throws(LinuxError) -> Descriptor {
        let socket = try unixSocket(kind)
        try retrying("connect", path) { withAddress(of: path) { Glibc.connect(socket.number, $0, $1) } }
        return socket
    }

    /// Connects to a unix socket of `kind` that has a name alone and no file, close-on-exec: unix(7), "abstract".
    public static func connect(abstract name: String, kind: Int32) throws(LinuxError) -> Descriptor {
        let socket = try unixSocket(kind)
        try retrying("connect", "@\(name)") {
            withAddress(ofAbstract: name) { Glibc.connect(socket.number, $0, $1) }
        }
        return socket
    }

    /// Binds a unix socket of `kind` to a name alone, close-on-exec.
    public static func bind(abstract name: String, kind: Int32) throws(LinuxError) -> Descriptor {
        let socket = try unixSocket(kind)
        let result = withAddress(ofAbstract: name) { Glibc.bind(socket.number, $0, $1) }
        try check("bind", "@\(name)", result)
        return socket
    }

    /// Binds a unix socket of `kind` to a path that does not exist yet, close-on-exec.
    public static func bind(_ path: String, kind: Int32) throws(LinuxError) -> Descriptor {
        let socket = try unixSocket(kind)
        try check("bind", path, withAddress(of: path) { Glibc.bind(socket.number, $0, $1) })
        return socket
    }

    /// Two sockets of `kind` that are connected to each other, both close-on-exec.
    public static func socketPair(_ kind: Int32) throws(LinuxError) -> (Descriptor, Descriptor) {
        var ends: (Int32, Int32) = (-1, -1)
        let closing = Int32(SOCK_CLOEXEC.rawValue)
        try check(
            "socketpair",
            "unix",
            withUnsafeMutableBytes(of: &ends) { bytes in
                bytes.withMemoryRebound(to: Int32.self) {
                    $0.baseAddress.map { socketpair(AF_UNIX, kind | closing, 0, $0) } ?? -1
                }
            }
        )
        return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
    }

    /// Receives one message into `buffer`, with at most `count` descriptors, all close-on-exec; `flags` as in
    /// recvmsg(2).
    ///
    /// The length 0 is the end. Throws `EMSGSIZE` for a message, or descriptors, that are more; they are lost.
    public func receive(
        into buffer: UnsafeMutableRawBufferPointer,
        descriptors count: Int,
        _ flags: Int32 = 0
    ) throws(LinuxError) -> (length: Int, descriptors: [Descriptor]) {
        var numbers = [Int32](repeating: -1, count: count)
        var received = count
        let length = try check(
            "recvmsg",
            "descriptor \(number)",
            martlet_receive_descriptors(number, buffer.baseAddress, buffer.count, &numbers, &received, flags)
        )
        return (length, numbers.prefix(received).map { Descriptor(owning: $0) })
    }

    private static func unixSocket(_ kind: Int32) throws(LinuxError) -> Descriptor {
        let closing = Int32(SOCK_CLOEXEC.rawValue)
        return Descriptor(owning: try check("socket", "unix", Glibc.socket(AF_UNIX, kind | closing, 0)))
    }

    private static func withAddress(
        ofAbstract name: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        // All that the length covers is the name.
        let length = MemoryLayout<sa_family_t>.size + 1 + name.utf8.count
        return withAddress(of: "\0\(name)") { address, _ in body(address, socklen_t(length)) }
    }

    private static func withAddress(
        of path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard path.utf8.count < place.count else { return false }
            place.copyBytes(from: path.utf8)
            return true
        }
        guard fits else {
            errno = ENAMETOOLONG
            return -1
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
