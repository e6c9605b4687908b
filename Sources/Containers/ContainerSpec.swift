// SPDX-License-Identifier: Apache-2.0
public import Linux

/// Everything that one container is made from.
///
/// Names follow the OCI runtime specification.
public struct ContainerSpec: Sendable {
    /// Layers below a writable directory, joined by overlayfs.
    public struct Root: Sendable {
        /// Unpacked layers, absolute host paths, lowest first; at least one.
        public var layers: [String]
        /// A host directory of this container's own that holds `up` and `work`, both owned by root.
        public var scratch: String
        /// Makes the finished root read-only.
        public var readOnly: Bool

        /// Describes a root.
        public init(layers: [String], scratch: String, readOnly: Bool = false) {
            self.layers = layers
            self.scratch = scratch
            self.readOnly = readOnly
        }
    }

    /// Something attached inside the root.
    public struct Mount: Sendable {
        /// What is attached.
        public enum Source: Sendable {
            /// A host file or directory, opened by the caller with `O_PATH`; `file` says which.
            case bind(Descriptor, file: Bool)
            /// A fresh tmpfs with these options: `size`, `mode`, `uid`, `gid`.
            case tmpfs([(key: String, value: String)])
        }
        /// What is attached.
        public var source: Source
        /// Where, an absolute path inside the root; made if absent.
        public var destination: String
        /// Attached read-only.
        public var readOnly: Bool

        /// Describes a mount.
        public init(_ source: Source, at destination: String, readOnly: Bool = false) {
            self.source = source
            self.destination = destination
            self.readOnly = readOnly
        }
    }

    /// A small file made fresh for this container, in memory and attached alone.
    public struct File: Sendable {
        /// Where, an absolute path inside the root; made if absent.
        public var path: String
        /// What it holds.
        public var content: [UInt8]
        /// The owner inside the container.
        public var uid: UInt32 = 0
        /// The group inside the container.
        public var gid: UInt32 = 0
        /// The permission bits.
        public var mode: UInt32 = 0o644
        /// Nobody inside can write to it; it is attached after all mounts, and may lie within one.
        public var readOnly = false

        /// Describes a file of the container's root, mode 0644.
        public init(_ path: String, _ content: String) {
            self.path = path
            self.content = Array(content.utf8)
        }

        /// Describes a file that nobody inside can write to.
        public init(readOnly content: [UInt8], at path: String, uid: UInt32, gid: UInt32, mode: UInt32) {
            self.path = path
            self.content = content
            self.uid = uid
            self.gid = gid
            self.mode = mode
            readOnly = true
        }
    }

    /// The network namespace.
    public enum Network: Sendable {
        /// A fresh one; its descriptor is handed out before the container runs.
        case new
        /// The host's.
        case host
        /// Another container's.
        case join(Descriptor)
    }

    /// The container's id, unique at its keeper.
    public var id: String
    /// The process that becomes its pid 1.
    public var process: ProcessSpec
    /// Its root file system.
    public var root: Root
    /// The first host id of its user namespace of 65,536 ids; nil shares the host's ids.
    public var hostIDs: UInt32?
    /// Its network namespace.
    public var network: Network = .new
    /// Its host name.
    public var hostname: String
    /// Its domain name, as getdomainname(2) tells it.
    public var domainName: String?
    /// Mounts, in order.
    public var mounts: [Mount] = []
    /// Small files made fresh for this container.
    public var files: [File] = []
    /// Namespaced sysctls, dotted.
    public var sysctls: [(key: String, value: String)] = []
    /// Size of `/dev/shm` in bytes.
    public var sharedMemory: UInt64 = 64 << 20
    /// Device nodes beside the usual ones.
    public var devices: [DeviceNode] = []
    /// Keeps a small init as pid 1 that forwards signals and reaps.
    public var initProcess = false
    /// The cgroup that it starts in.
    public var cgroup: Cgroup?

    /// A container of one process over a root; the other parts keep their safe defaults.
    public init(id: String, process: ProcessSpec, root: Root, hostIDs: UInt32?, hostname: String) {
        self.id = id
        self.process = process
        self.root = root
        self.hostIDs = hostIDs
        self.hostname = hostname
    }

    /// Hidden from the container, kernel information and controls.
    static let maskedPaths = [
        "proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats",
        "proc/sched_debug", "proc/scsi", "proc/timer_list", "proc/timer_stats",
        "sys/devices/virtual/powercap",
        "sys/firmware",
    ]
    /// Read-only in the container.
    static let readOnlyPaths = ["proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"]
}
