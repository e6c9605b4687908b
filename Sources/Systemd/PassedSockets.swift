// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// The sockets that a service manager made for us and passes on: sd_listen_fds(3).
public struct PassedSockets: Sendable {
    /// Each by its `FileDescriptorName=`, in their order.
    public let all: [(name: String, socket: Descriptor)]

    /// Takes what is meant for this process; its variables are then no longer in the environment.
    ///
    /// All are close-on-exec from here on. Throws `EBADF` for one that is not open, `EBADMSG` for a number that is none.
    /// To be called once, before there is a second thread that opens files or looks at the environment.
    public static func take() throws(LinuxError) -> PassedSockets {
        let count = ServiceVariable.socketCount.take()
        let names = ServiceVariable.socketNames.take()?.split(
            separator: ":",
            omittingEmptySubsequences: false
        )
        let pid = ServiceVariable.socketPid.take()
        guard let count, pid.flatMap(Int32.init) == getpid() else { return PassedSockets(all: []) }
        guard let number = Int32(count), (0...1024).contains(number) else {
            throw LinuxError("listen", "LISTEN_FDS=\(count)", errno: EBADMSG)
        }
        let first: Int32 = 3  // SD_LISTEN_FDS_START
        var all: [(String, Descriptor)] = []
        for place in 0..<Int(number) {
            let descriptor = first + Int32(place)
            try check("fcntl", "descriptor \(descriptor)", fcntl(descriptor, F_SETFD, FD_CLOEXEC))
            let name = names.flatMap { place < $0.count ? String($0[place]) : nil }
            all.append((name ?? "unknown", Descriptor(owning: descriptor)))
        }
        return PassedSockets(all: all)
    }

    /// The path that a listening unix stream socket is bound to; nil for any other descriptor.
    public static func path(of socket: Descriptor) -> String? {
        guard option(SO_ACCEPTCONN, of: socket) == 1,
            option(SO_TYPE, of: socket) == Int32(SOCK_STREAM.rawValue)
        else { return nil }
        return boundPath(of: socket)
    }

    /// The path that a unix socket is bound to, whatever becomes of it; nil for any other descriptor.
    public static func boundPath(of socket: Descriptor) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.number, $0, &length) }
        }
        guard result == 0, address.sun_family == sa_family_t(AF_UNIX) else { return nil }
        let path = withUnsafeBytes(of: &address.sun_path) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return path.hasPrefix("/") ? path : nil
    }

    private static func option(_ option: Int32, of socket: Descriptor) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket.number, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}
