// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Linux

/// The namespaces of a container, namespaces(7); the user namespace is told by `Users`.
public struct Namespaces: Sendable {
    /// Where a namespace comes from.
    public enum Origin: Sendable {
        /// A fresh one.
        case new
        /// The caller's.
        case host
        /// One that exists.
        case join(Descriptor)

        var isNew: Bool {
            if case .new = self { true } else { false }
        }
    }

    /// A clock's offset in a new time namespace, time_namespaces(7).
    public struct ClockOffset: Sendable, Equatable {
        /// `monotonic` or `boottime`.
        public var clock: String
        /// Whole seconds.
        public var seconds: Int64
        /// Nanoseconds beside them.
        public var nanoseconds: UInt32

        /// An offset of one clock.
        public init(clock: String, seconds: Int64, nanoseconds: UInt32) {
            self.clock = clock
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    /// Process ids.
    public var pid = Origin.new
    /// Interfaces, addresses, ports; a new one is handed out before the container runs.
    public var network = Origin.new
    /// System V and POSIX queues and memory.
    public var ipc = Origin.new
    /// Host and domain name.
    public var uts = Origin.new
    /// The view of control groups.
    public var cgroup = Origin.new
    /// Monotonic and boot time.
    public var time = Origin.host
    /// Offsets of a new time namespace.
    public var clockOffsets: [ClockOffset] = []

    /// All of its own but the time.
    public init() {}

    /// Each with its flag of clone(2).
    var all: [(origin: Origin, flag: Int32)] {
        [
            (network, MARTLET_CLONE_NEWNET), (ipc, MARTLET_CLONE_NEWIPC), (uts, MARTLET_CLONE_NEWUTS),
            (cgroup, MARTLET_CLONE_NEWCGROUP), (time, MARTLET_CLONE_NEWTIME), (pid, MARTLET_CLONE_NEWPID),
        ]
    }
}

/// Whose ids a container has, user_namespaces(7).
public enum Users: Sendable {
    /// A line of `uid_map` or `gid_map`.
    public struct Mapping: Sendable, Equatable {
        /// The first id inside.
        public var container: UInt32
        /// The first id outside.
        public var host: UInt32
        /// How many.
        public var size: UInt32

        /// A range of ids.
        public init(container: UInt32, host: UInt32, size: UInt32) {
            self.container = container
            self.host = host
            self.size = size
        }
    }

    /// The caller's ids.
    case host
    /// A fresh user namespace with these maps.
    case new(uids: [Mapping], gids: [Mapping])
    /// A user namespace that exists, with the maps that it has.
    case join(Descriptor, uids: [Mapping], gids: [Mapping])

    /// A fresh namespace of 65,536 ids that begin at `first` outside.
    public static func range(from first: UInt32) -> Users {
        let all = [Mapping(container: 0, host: first, size: 65_536)]
        return .new(uids: all, gids: all)
    }

    /// The host's number of an id inside; nil if it has none.
    func hostID(of id: UInt32, _ maps: [Mapping]) -> UInt32? {
        for map in maps where id >= map.container && id - map.container < map.size {
            return map.host + (id - map.container)
        }
        return nil
    }

    /// The owner on the host of what belongs to `uid` and `gid` inside; nil if they are not mapped.
    func owner(uid: UInt32, gid: UInt32) -> (uid: UInt32, gid: UInt32)? {
        switch self {
        case .host: return (uid, gid)
        case .new(let uids, let gids), .join(_, let uids, let gids):
            guard let uid = hostID(of: uid, uids), let gid = hostID(of: gid, gids) else { return nil }
            return (uid, gid)
        }
    }

    var isHost: Bool {
        if case .host = self { true } else { false }
    }

    var isNew: Bool {
        if case .new = self { true } else { false }
    }

    /// Whether root exists inside.
    var hasRoot: Bool { owner(uid: 0, gid: 0) != nil }

    /// A user namespace with these maps and without a process.
    static func namespace(uids: [Mapping], gids: [Mapping]) throws(LinuxError) -> Descriptor {
        let made = martlet_user_namespace(text(of: uids), text(of: gids))
        return Descriptor(owning: try check("clone3", "user namespace", made))
    }

    /// Maps as `uid_map` takes them.
    static func text(of maps: [Mapping]) -> String {
        maps.map { "\($0.container) \($0.host) \($0.size)\n" }.joined()
    }
}
