// SPDX-License-Identifier: Apache-2.0
public import Linux

/// Everything that one container is made from.
///
/// Names follow the OCI runtime specification.
public struct ContainerSpec: Sendable {
    /// The root file system.
    public struct Root: Sendable {
        /// What it is made of.
        public enum Content: Sendable {
            /// Unpacked layers, absolute host paths, lowest first, at least one, joined by overlayfs below a
            /// writable host directory that holds `up` and `work`, both owned by root.
            case overlay(layers: [String], scratch: String)
            /// A directory of the host with all that is mounted in it, opened by the caller.
            case directory(Descriptor)
        }
        /// What it is made of.
        public var content: Content
        /// Makes the finished root read-only.
        public var readOnly: Bool
        /// How mounts spread between the root and the host.
        public var propagation = Propagation()

        /// Describes a root made of layers.
        public init(layers: [String], scratch: String, readOnly: Bool = false) {
            content = .overlay(layers: layers, scratch: scratch)
            self.readOnly = readOnly
        }

        /// Describes a root that is a directory of the host.
        public init(directory: Descriptor, readOnly: Bool = false) {
            content = .directory(directory)
            self.readOnly = readOnly
        }
    }

    /// A small file made fresh for this container, in memory and attached alone.
    public struct File: Sendable {
        /// What it holds.
        public enum Content: Sendable {
            /// What anybody may know.
            case plain([UInt8])
            /// What is in no other memory than it must, and is never swapped out where the kernel can promise that.
            case secret(SecretContent)

            var count: Int {
                switch self {
                case .plain(let bytes): bytes.count
                case .secret(let content): content.count
                }
            }

            var isSecret: Bool { if case .secret = self { true } else { false } }
        }

        /// Where, an absolute path inside the root; made if absent.
        public var path: String
        /// What it holds.
        public var content: Content
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
            self.content = .plain(Array(content.utf8))
        }

        /// Describes a file that nobody inside can write to.
        public init(readOnly content: Content, at path: String, uid: UInt32, gid: UInt32, mode: UInt32) {
            self.path = path
            self.content = content
            self.uid = uid
            self.gid = gid
            self.mode = mode
            readOnly = true
        }
    }

    /// The container's id, unique at its keeper.
    public var id: String
    /// The process that becomes its pid 1.
    public var process: ProcessSpec
    /// Its root file system.
    public var root: Root
    /// Whose ids it has.
    public var users: Users
    /// Its other namespaces.
    public var namespaces = Namespaces()
    /// Its host name; nil leaves the one of its namespace.
    public var hostname: String?
    /// Its domain name, as getdomainname(2) tells it.
    public var domainName: String?
    /// What is attached first, in order: `/proc`, `/dev`, `/sys` and what lies in them; nil is the usual.
    public var fileSystems: [Mount]?
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
    /// Hidden from it, below the root.
    public var maskedPaths = Self.kernelSecrets
    /// Read-only for it, below the root.
    public var readOnlyPaths = Self.kernelControls
    /// Programs of the operator that run inside while it is made and started.
    public var hooks = Hooks()
    /// Leaves the old root in place and hides it by chroot(2): for a host whose own root is an initramfs.
    public var noPivot = false
    /// Keeps a small init as pid 1 that forwards signals and reaps.
    public var initProcess = false
    /// The cgroup that it starts in.
    public var cgroup: Cgroup?
    /// Shows it its control groups writable; what it may write is a matter of `Cgroup.delegate(to:)`.
    public var writesCgroup = false

    /// A container of one process over a root; the other parts keep their safe defaults.
    public init(id: String, process: ProcessSpec, root: Root, users: Users, hostname: String? = nil) {
        self.id = id
        self.process = process
        self.root = root
        self.users = users
        self.hostname = hostname
    }

    /// Kernel information that tells of the host.
    public static let kernelSecrets = [
        "proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats",
        "proc/sched_debug", "proc/scsi", "proc/timer_list", "proc/timer_stats",
        "sys/devices/virtual/powercap",
        "sys/firmware",
    ]
    /// Kernel controls.
    public static let kernelControls = ["proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"]
}
