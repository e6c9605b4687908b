// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

@testable internal import Networks

/// Plain sockets in a given namespace.
enum Wire {
    static func listen(_ space: NetworkNamespace, _ address: IPAddress, _ port: UInt16) throws -> Descriptor {
        try space.run {
            let socket = try Endpoint(address: address, port: port).bound(SOCK_STREAM, reuse: true)
            try check("listen", "", Glibc.listen(socket.number, 16))
            return socket
        }
    }

    static func datagrams(_ space: NetworkNamespace, _ address: IPAddress, _ port: UInt16) throws
        -> Descriptor
    {
        try space.run { try Endpoint(address: address, port: port).bound(SOCK_DGRAM, reuse: false) }
    }

    /// A connection, or nil if none comes about in that time.
    static func connect(
        _ space: NetworkNamespace,
        _ address: IPAddress,
        _ port: UInt16,
        milliseconds: Int32 = 5_000
    ) throws -> Descriptor? {
        try space.run {
            let to = Endpoint(address: address, port: port)
            let socket = try to.socket(SOCK_STREAM)
            if to.withSocketAddress({ Glibc.connect(socket.number, $0, $1) }) == 0 { return socket }
            guard errno == EINPROGRESS, ready(socket, POLLOUT, milliseconds) else { return nil }
            var cause: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &cause, &size)
            return cause == 0 ? socket : nil
        }
    }

    static func reaches(
        _ space: NetworkNamespace,
        _ address: IPAddress,
        _ port: UInt16,
        milliseconds: Int32 = 5_000
    ) throws -> Bool {
        try connect(space, address, port, milliseconds: milliseconds) != nil
    }

    /// The client's address of the next connection.
    static func accept(_ listener: Descriptor) -> (Descriptor, IPAddress)? {
        guard ready(listener, POLLIN, 3_000) else { return nil }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(listener.number, $0, &size) }
        }
        guard number >= 0 else { return nil }
        let socket = Descriptor(owning: number)
        return address(storage).map { (socket, $0) }
    }

    /// Sends from a new socket and waits for the answer.
    static func ask(
        _ space: NetworkNamespace,
        _ address: IPAddress,
        _ port: UInt16,
        _ question: [UInt8],
        milliseconds: Int32 = 3_000
    ) throws -> [UInt8]? {
        try space.run {
            let to = Endpoint(address: address, port: port)
            let socket = try to.socket(SOCK_DGRAM)
            guard to.withSocketAddress({ Glibc.connect(socket.number, $0, $1) }) == 0,
                send(socket.number, question, question.count, 0) == question.count,
                ready(socket, POLLIN, milliseconds)
            else { return nil }
            return try? socket.read(65_535)
        }
    }

    /// Takes one datagram and sends it back; returns who sent it.
    static func echo(_ socket: Descriptor) -> IPAddress? {
        guard ready(socket, POLLIN, 3_000) else { return nil }
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var bytes = [UInt8](repeating: 0, count: 2_048)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let count = recvfrom(socket.number, &bytes, bytes.count, 0, $0, &size)
                if count > 0 { sendto(socket.number, bytes, count, 0, $0, size) }
            }
            return address(pointer.pointee)
        }
    }

    static func ready(_ socket: Descriptor, _ event: Int32, _ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: socket.number, events: Int16(event), revents: 0)
        return poll(&entry, 1, milliseconds) == 1
    }

    private static func address(_ storage: sockaddr_storage) -> IPAddress? {
        withUnsafeBytes(of: storage) {
            storage.ss_family == sa_family_t(AF_INET)
                ? IPAddress(bytes: $0[4..<8]) : IPAddress(bytes: $0[8..<24])
        }
    }
}
