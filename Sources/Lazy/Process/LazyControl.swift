// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux

/// The socket of a process that serves a version, in its cache folder.
///
/// `status` is answered with a `LazyStatus`, and `stop` ends the process; one message a connection.
package enum LazyControl {
    /// What the socket is called.
    private static let name = "control"
    private static let patience = Duration.seconds(5)
    private static let maximumBytes = 1_024

    // MARK: The process that serves

    static func serve(in cache: String, _ status: @escaping @Sendable () -> LazyStatus) throws(LinuxError) {
        // By the number of the folder: a path may be longer than a socket's address, unix(7).
        let folder = try Descriptor.open(cache, O_RDONLY | O_DIRECTORY)
        let path = "/proc/self/fd/\(folder.number)/\(name)"
        if unlink(path) < 0, errno != ENOENT { throw LinuxError("unlink", name, errno: errno) }
        let socket = try Descriptor.bind(path, kind: Int32(SOCK_SEQPACKET.rawValue))
        try check("listen", name, listen(socket.number, 8))
        try Thread.detach {
            while true {
                let number = accept(socket.number, nil, nil)
                // What comes with the connection's end, accept(2), or want of descriptors, which passes.
                guard number >= 0 else {
                    usleep(10_000)
                    continue
                }
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                answer(Descriptor(owning: number), status)
            }
        }
    }

    private static func answer(_ connection: Descriptor, _ status: () -> LazyStatus) {
        // Whoever connects and says nothing is let go.
        guard connection.wait(for: Int32(POLLIN), patience), let bytes = try? connection.read(maximumBytes)
        else {
            return
        }
        switch String(decoding: bytes, as: UTF8.self) {
        case "status": send(connection, status().text)
        case "stop":
            send(connection, "stopped")
            exit(0)
        default: send(connection, "error=ask for status or stop")
        }
    }

    private static func send(_ connection: Descriptor, _ text: String) {
        // One that has gone wanted no answer.
        Array(text.utf8).withUnsafeBytes { _ = try? connection.send($0) }
    }

    // MARK: Who asks it

    /// How far the process of a cache folder is; throws `ECONNREFUSED` or `ENOENT` where there is none.
    package static func status(of cache: Descriptor) throws(LinuxError) -> LazyStatus {
        guard let status = LazyStatus(try ask("status", cache)) else {
            throw LinuxError("read", "control socket", errno: EPROTO)
        }
        return status
    }

    /// Ends the process of a cache folder; its mount waits for the next one if somebody has the device, and fails if
    /// nobody has.
    package static func stop(_ cache: Descriptor) throws(LinuxError) { _ = try ask("stop", cache) }

    private static func ask(_ word: String, _ cache: Descriptor) throws(LinuxError) -> String {
        let path = "/proc/self/fd/\(cache.number)/\(name)"
        let socket = try Descriptor.connect(path, kind: Int32(SOCK_SEQPACKET.rawValue))
        try socket.write(word.utf8)
        guard socket.wait(for: Int32(POLLIN), patience) else {
            throw LinuxError("read", "control socket", errno: ETIMEDOUT)
        }
        return String(decoding: try socket.read(maximumBytes), as: UTF8.self)
    }
}
