// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Netlink
internal import Networks
internal import Systemd

/// A socket of the host on which an app listens: opened here, kept by the keeper, handed to containers.
enum HostListener {
    /// What names of parked ones begin with.
    private static let prefix = "sock."

    /// What the keeper knows one by; which service has it may change.
    static func parkedName(_ address: Listener.Address, of app: String) -> String {
        "\(prefix)\(app).\(Digest(of: Array("\(address)".utf8)).hex.prefix(16))"
    }

    /// The app of a parked one; nil if the name is of something else.
    static func app(ofParked name: String) -> String? {
        let parts = name.split(separator: ".")
        return name.hasPrefix(prefix) && parts.count == 3 ? String(parts[1]) : nil
    }

    /// Opens one; blocks.
    ///
    /// Who stores descriptors for the keeper lets go of earlier ones a moment later than the keeper.
    static func open(_ listener: Listener) throws -> Descriptor {
        do throws(LinuxError) {
            let socket = try patiently(listener.address)
            // Programs wait in accept(2) unless they choose not to.
            try check("fcntl", "", fcntl(socket.number, F_SETFL, 0))
            try settle(socket, listener)
            return socket
        } catch {
            throw AgentError("listen", "\(listener.address)", reason(error, listener.address))
        }
    }

    private static func patiently(_ address: Listener.Address) throws(LinuxError) -> Descriptor {
        for _ in 0..<50 {
            do throws(LinuxError) { return try bound(address) } catch {
                guard error.errno == EADDRINUSE else { throw error }
            }
            usleep(10_000)
        }
        return try bound(address)
    }

    /// Whether a parked one can be handed on, with what the file says of it now; blocks.
    ///
    /// A container may have done anything to it.
    static func goesOn(_ socket: Descriptor, as listener: Listener) -> Bool {
        if case .path(let path) = listener.address, !isSocket(path) { return false }
        if case .port = listener.address, HostPort(of: socket) != HostPort(listener.address) { return false }
        do throws(LinuxError) { try settle(socket, listener) } catch { return false }
        return true
    }

    /// Fails if somebody else has the place; blocks and leaves nothing.
    static func checkFree(_ address: Listener.Address) throws(AgentError) {
        do throws(LinuxError) {
            _ = try patiently(address)
        } catch {
            throw AgentError("listen", "\(address)", reason(error, address))
        }
        if case .path(let path) = address { unlink(path) }
    }

    /// Takes the file of one away that is not needed any more.
    static func unname(_ socket: Descriptor) {
        if let path = PassedSockets.boundPath(of: socket), isSocket(path) { unlink(path) }
    }

    private static func bound(_ address: Listener.Address) throws(LinuxError) -> Descriptor {
        switch address {
        case .port:
            guard let port = HostPort(address) else { throw LinuxError("bind", "\(address)", errno: EINVAL) }
            return try port.bound()
        case .path(let path):
            try clear(path)
            return try .bind(path, kind: Int32(SOCK_STREAM.rawValue))
        }
    }

    /// Takes away a socket that nobody listens on any more, and makes the folders that are missing.
    private static func clear(_ path: String) throws(LinuxError) {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if mkdir(folder, 0o755) < 0, errno != EEXIST { try check("mkdir", folder, -1) }
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw LinuxError("bind", path, errno: EEXIST) }
        do throws(LinuxError) {
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
            _ = try Descriptor.connect(path, kind: kind)
        } catch {
            guard error.errno == ECONNREFUSED else { throw LinuxError("bind", path, errno: EADDRINUSE) }
            try check("unlink", path, unlink(path))
            return
        }
        throw LinuxError("bind", path, errno: EADDRINUSE)
    }

    /// What the file says beside the place; a stream listens from here on, or again.
    private static func settle(_ socket: Descriptor, _ listener: Listener) throws(LinuxError) {
        switch listener.address {
        case .port(_, _, .udp): return
        case .port(_, _, .tcp): break
        // Nobody gets in before it listens.
        case .path(let path): try check("chmod", path, chmod(path, listener.mode))
        }
        try check("listen", "\(listener.address)", Glibc.listen(socket.number, listener.backlog))
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    private static func reason(_ error: LinuxError, _ address: Listener.Address) -> String {
        switch (error.errno, address) {
        case (EADDRINUSE, .port):
            "the port is in use by a process of this host: stop it, or choose another one"
        case (EADDRINUSE, .path): "a process of this host listens there: stop it, or choose another path"
        case (EADDRNOTAVAIL, .port(let host, _, _)):
            "this host has no address \(host): add it, or choose another one"
        case (EEXIST, _): "there is something else than a socket: remove it, or choose another path"
        default: "\(error)"
        }
    }
}

extension HostPort {
    /// The port of the host on which is listened; nil for a path.
    init?(_ address: Listener.Address) {
        guard case .port(let host, let number, let transport) = address,
            let host = Netlink.IPAddress(host.description)
        else { return nil }
        self.init(address: host, port: number, transport: transport == .udp ? .udp : .tcp)
    }
}
