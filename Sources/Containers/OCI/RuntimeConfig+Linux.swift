// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// What is particular to Linux.
    public struct Linux: Equatable, Sendable {
        /// How mounts travel between the container's root and the host.
        public enum Propagation: String, CaseIterable, Sendable {
            /// A peer group of its own.
            case shared
            /// Receives the host's mounts.
            case slave
            /// None either way.
            case `private`
            /// None, and it cannot be bind-mounted.
            case unbindable
            /// `shared`, with all below.
            case rshared
            /// `slave`, with all below.
            case rslave
            /// `private`, with all below.
            case rprivate
            /// `unbindable`, with all below.
            case runbindable
        }

        /// User ids of the user namespace.
        public var uidMappings: [IDMapping] = []
        /// Group ids of the user namespace.
        public var gidMappings: [IDMapping] = []
        /// How far the clocks of the time namespace differ: `monotonic` and `boottime`.
        public var timeOffsets: [Clock: TimeOffset] = [:]
        /// Kernel parameters, dotted.
        public var sysctl: [String: String] = [:]
        /// Limits; nil leaves the cgroup as it is.
        public var resources: Resources?
        /// The cgroup; a relative one starts where the runtime likes.
        public var cgroupsPath: String?
        /// Namespaces, no type twice; of a type that is not there the container shares the runtime's.
        public var namespaces: [Namespace] = []
        /// Interfaces of the host, by name, that move into the network namespace.
        public var netDevices: [String: NetDevice] = [:]
        /// Device nodes beside the usual ones.
        public var devices: [Device] = []
        /// The system call filter; nil runs unconfined.
        public var seccomp: Seccomp?
        /// How mounts travel; nil is what the runtime likes.
        public var rootfsPropagation: Propagation?
        /// Hidden, absolute.
        public var maskedPaths: [String] = []
        /// Read-only, absolute.
        public var readonlyPaths: [String] = []
        /// The SELinux label of mounts.
        public var mountLabel: String?
        /// Intel's resource director; nil leaves it alone.
        public var intelRdt: IntelRdt?
        /// The execution domain; nil leaves the caller's.
        public var personality: Personality?

        /// Nothing of its own: everything is the runtime's.
        public init() {}

        /// Decodes and checks what is particular to Linux.
        public init(_ at: JSONCursor) throws(ConfigError) {
            uidMappings = try at["uidMappings"]?.list(IDMapping.init) ?? []
            gidMappings = try at["gidMappings"]?.list(IDMapping.init) ?? []
            timeOffsets = try at["timeOffsets"].map(TimeOffset.table) ?? [:]
            sysctl = try at["sysctl"]?.table { (at) throws(ConfigError) in try at.string() } ?? [:]
            resources = try at["resources"].map(Resources.init)
            cgroupsPath = try at["cgroupsPath"]?.filled()
            if let at = try at["namespaces"] {
                namespaces = try at.list(Namespace.init)
                try at.refuseTwice(namespaces.map(\.type.rawValue), member: "type")
            }
            netDevices = try at["netDevices"]?.table(NetDevice.init) ?? [:]
            devices = try at["devices"]?.list(Device.init) ?? []
            seccomp = try at["seccomp"].map(Seccomp.init)
            if let at = try at["rootfsPropagation"], try at.filled() != nil {
                rootfsPropagation = try at.choice()
            }
            maskedPaths = try Self.paths(at["maskedPaths"])
            readonlyPaths = try Self.paths(at["readonlyPaths"])
            mountLabel = try at["mountLabel"]?.filled()
            intelRdt = try at["intelRdt"].map(IntelRdt.init)
            personality = try at["personality"].map(Personality.init)
        }

        private static func paths(_ at: JSONCursor?) throws(ConfigError) -> [String] {
            try at?.list { (at) throws(ConfigError) in try at.absolutePath() } ?? []
        }
    }
}
