// SPDX-License-Identifier: Apache-2.0

/// A socket of the host that the node opens and hands to a service's containers (`x-martlet.sockets`).
public struct Listener: Sendable, Equatable {
    /// Where it listens.
    public enum Address: Sendable, Hashable, CustomStringConvertible {
        /// A port of an address of the host.
        case port(IPAddress, UInt16, Transport)
        /// A stream socket at a path of the host.
        case path(String)

        /// As the file has it: `0.0.0.0:8080/tcp`, or the path.
        public var description: String {
            switch self {
            case .path(let path): path
            case .port(let address, let port, let transport):
                "\(address.isIPv6 ? "[\(address)]" : "\(address)"):\(port)/\(transport.rawValue)"
            }
        }
    }

    /// Where it listens.
    public var address: Address
    /// What the program knows it by, sd_listen_fds_with_names(3).
    public var name: String
    /// The permissions of its file, if it has one.
    public var mode: UInt32
    /// How many connections may wait in it; the kernel has a limit of its own.
    public var backlog: Int32

    /// What any user may connect to.
    public static let usualMode: UInt32 = 0o666
    /// As many as the kernel lets wait unless it is told otherwise.
    public static let usualBacklog: Int32 = 4096

    /// A socket of the host.
    public init(
        _ address: Address,
        name: String,
        mode: UInt32 = usualMode,
        backlog: Int32 = usualBacklog
    ) {
        self.address = address
        self.name = name
        self.mode = mode
        self.backlog = backlog
    }
}
