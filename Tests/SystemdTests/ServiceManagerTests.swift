// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Systemd
internal import Testing

/// What a service says to its manager; the environment is one for all of them.
@Suite(.serialized) struct ServiceManagerTests {
    private let name = "martlet-manager-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    /// A manager's socket, without a file or with one.
    private func withSocket(abstract: Bool, _ body: (_ name: String, _ socket: Descriptor) throws -> Void)
        throws
    {
        let kind = Int32(SOCK_DGRAM.rawValue)
        let path = "/var/tmp/\(name)"
        if abstract {
            try body("@\(name)", try Descriptor.bind(abstract: name, kind: kind))
        } else {
            let socket = try Descriptor.bind(path, kind: kind)
            defer { unlink(path) }
            try body(path, socket)
        }
    }

    @Test(arguments: [true, false])
    func `what is told is one datagram, a word a line`(abstract: Bool) throws {
        try withSocket(abstract: abstract) { name, socket in
            let manager = try ServiceManager(socket: name)
            #expect(manager.tell([.ready, .status("3 apps\nSTOPPING=1"), .progress]))
            #expect(manager.tell([.stopping, .patience(.milliseconds(2500))]))
            let first = String(decoding: try socket.read(4096), as: UTF8.self)
            #expect(first == "READY=1\nSTATUS=3 apps STOPPING=1\nWATCHDOG=1")
            #expect(
                String(decoding: try socket.read(4096), as: UTF8.self) == "STOPPING=1\nWATCHDOG_USEC=2500000"
            )
        }
    }

    @Test func `a manager that does not read holds nobody up`() throws {
        try withSocket(abstract: true) { name, socket in
            let manager = try ServiceManager(socket: name)
            var taken = 0
            while taken < 100_000, manager.tell([.progress]) { taken += 1 }
            #expect(taken > 0 && taken < 100_000)
            _ = try socket.read(4096)
            #expect(manager.tell([.progress]))
        }
    }

    @Test func `the variables are taken out of the environment, and those of another process do not count`()
        throws
    {
        try withSocket(abstract: false) { name, socket in
            setenv("NOTIFY_SOCKET", name, 1)
            setenv("WATCHDOG_USEC", "2500000", 1)
            setenv("WATCHDOG_PID", "\(getpid())", 1)
            let watching = try ServiceManager.take()
            #expect(watching?.patience == .milliseconds(2500))
            for variable in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
                #expect(getenv(variable) == nil, "\(variable)")
            }
            let none = try ServiceManager.take()
            #expect(none == nil)
            setenv("NOTIFY_SOCKET", name, 1)
            setenv("WATCHDOG_USEC", "2500000", 1)
            setenv("WATCHDOG_PID", "1", 1)
            let other = try ServiceManager.take()
            #expect(other != nil && other?.patience == nil)
        }
    }

    @Test func `a manager that is not there is an error that names it`() throws {
        setenv("NOTIFY_SOCKET", "/var/tmp/\(name)", 1)
        let error = #expect(throws: LinuxError.self) { try ServiceManager.take() }
        #expect(error == LinuxError("connect", "/var/tmp/\(name)", errno: ENOENT))
        #expect(throws: LinuxError("connect", "vsock:2:1", errno: EAFNOSUPPORT)) {
            try ServiceManager(socket: "vsock:2:1")
        }
    }
}
