// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Systemd
internal import Testing

@Suite(.serialized) struct PassedSocketsTests {
    @Test func `what is meant for another process is not taken`() throws {
        setenv("LISTEN_FDS", "1", 1)
        setenv("LISTEN_FDNAMES", "api", 1)
        setenv("LISTEN_PID", "1", 1)
        let others = try PassedSockets.take()
        #expect(others.all.isEmpty)
        for variable in ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"] {
            #expect(getenv(variable) == nil, "\(variable)")
        }
        let none = try PassedSockets.take()
        #expect(none.all.isEmpty)
    }

    @Test(arguments: ["-1", "1e3", "99999999999", "2000", ""])
    func `a count that is none is an error`(_ count: String) throws {
        setenv("LISTEN_FDS", count, 1)
        setenv("LISTEN_PID", "\(getpid())", 1)
        #expect(throws: LinuxError("listen", "LISTEN_FDS=\(count)", errno: EBADMSG)) {
            try PassedSockets.take()
        }
    }

    @Test func `a listening unix socket tells its path, and nothing else does`() throws {
        let path = "/var/tmp/martlet-passed-\(getpid())"
        defer { unlink(path) }
        let socket = try Descriptor.bind(path, kind: Int32(SOCK_STREAM.rawValue))
        #expect(PassedSockets.path(of: socket) == nil)
        try #require(listen(socket.number, 1) == 0)
        #expect(PassedSockets.path(of: socket) == path)
        let client = try Descriptor.connect(path, kind: Int32(SOCK_STREAM.rawValue))
        #expect(PassedSockets.path(of: client) == nil)
        let file = try Descriptor.open("/dev/null", O_RDONLY)
        #expect(PassedSockets.path(of: file) == nil)
    }
}
