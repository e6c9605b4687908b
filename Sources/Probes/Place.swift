// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

/// Where a container is to be found: its process, by whose namespaces it is asked.
public struct Place: Sendable {
    private let process: Descriptor
    private let pid: Int32
    private let addresses: [String]

    /// The place of a process.
    ///
    /// - Parameters:
    ///   - process: A pidfd of it.
    ///   - pid: Its pid, as this process sees it.
    ///   - addresses: Its own addresses: asked when nothing listens on loopback.
    public init(process: Descriptor, pid: Int32, addresses: [String] = []) {
        self.process = process
        self.pid = pid
        self.addresses = addresses
    }

    var key: Int32 { pid }

    /// Sockets with what they are to be connected to, in the order to try.
    ///
    /// Takes the calling thread into the container's network for good: it is to end after this.
    func approaches(to question: Question) throws(LinuxError) -> [Approach] {
        guard case .unix(let path) = question else {
            try check("setns", "network", martlet_setns(process.number, Int32(MARTLET_CLONE_NEWNET)))
            let port = question.port ?? 0
            var approaches: [Approach] = []
            for address in ["127.0.0.1", "::1"] + addresses {
                if let approach = try Approach(address: address, port: port) { approaches.append(approach) }
            }
            return approaches
        }
        return [try Approach(socket: try socket(at: path), path: path)]
    }

    /// The socket of a path as the container sees it: no link leads out of its root, and what is exchanged
    /// meanwhile does not mislead, as it is the file itself that is kept.
    private func socket(at path: String) throws(LinuxError) -> Descriptor {
        let root = try Descriptor.open("/proc/\(pid)/root", Int32(MARTLET_O_PATH) | O_DIRECTORY)
        // The pid was its own until now if it has not ended.
        try check("pidfd_send_signal", "\(pid)", martlet_pidfd_send_signal(process.number, 0))
        let file = try Descriptor.open(
            path,
            Int32(MARTLET_O_PATH),
            at: root.number,
            resolve: [.inRoot, .noMagicLinks]
        )
        guard try file.status().kind == .socket else {
            throw LinuxError("connect", path, errno: ENOTSOCK)
        }
        return file
    }
}
