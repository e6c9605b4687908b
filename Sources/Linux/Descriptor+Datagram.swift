// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

extension Descriptor {
    /// A UDP socket that sends to one host alone, close-on-exec and not blocking; asks the resolver, which blocks.
    ///
    /// Being connected, it hears that nobody listens there: the next send fails with `ECONNREFUSED`.
    public static func connectDatagram(to host: String, port: UInt16) throws(LinuxError) -> Descriptor {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &found)
        defer { freeaddrinfo(found) }
        guard code == 0 else {
            throw LinuxError("getaddrinfo", host, errno: code == EAI_SYSTEM ? errno : ENXIO)
        }
        var failure = LinuxError("connect", host, errno: EADDRNOTAVAIL)
        var next = found
        while let address = next?.pointee {
            next = address.ai_next
            do throws(LinuxError) {
                let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
                let socket = Descriptor(
                    owning: try check("socket", "udp", Glibc.socket(address.ai_family, kind, 0))
                )
                try check("connect", host, Glibc.connect(socket.number, address.ai_addr, address.ai_addrlen))
                return socket
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Sends one message, without a signal when nobody is there; a stream may take less of it.
    public func send(_ bytes: UnsafeRawBufferPointer) throws(LinuxError) -> Int {
        try retrying("send", "descriptor \(number)") {
            Glibc.send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// Sends an open file by a unix socket, in a message without bytes.
    public func send(descriptor file: Descriptor) throws(LinuxError) -> Int {
        try check(
            "sendmsg",
            "descriptor \(number)",
            withUnsafePointer(to: file.number) { martlet_send_descriptors(number, nil, 0, $0, 1) }
        )
    }

    /// A file in memory that nobody can change any more, memfd_create(2).
    public static func sealed(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(LinuxError)
        -> Descriptor
    {
        let flags = MARTLET_MFD_CLOEXEC | MARTLET_MFD_ALLOW_SEALING
        let file = Descriptor(owning: try check("memfd_create", name, martlet_memfd_create(name, flags)))
        try file.write(all: bytes)
        try check("fcntl", "F_ADD_SEALS", martlet_add_seals(file.number, MARTLET_F_SEAL_ALL))
        return file
    }

    /// Waits for `events` of poll(2), at most so long; whether one has come.
    public func wait(for events: Int32, _ patience: Duration) -> Bool {
        var polled = pollfd(fd: number, events: Int16(events), revents: 0)
        return poll(&polled, 1, Int32(clamping: Int64(patience / .milliseconds(1)))) > 0
    }
}
