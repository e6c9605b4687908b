// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Linux

/// How mounts and unmounts spread between copies of a mount, mount_namespaces(7).
public struct Propagation: Sendable, Equatable {
    /// The `MS_*` bit of the kind, as mount(2) and mount_setattr(2) take it.
    public enum Kind: UInt64, Sendable {
        case `private` = 0x4_0000
        case unbindable = 0x2_0000
        case slave = 0x8_0000
        case shared = 0x10_0000
    }
    /// The kind.
    public var kind: Kind
    /// Mounts below take part.
    public var isRecursive: Bool

    /// Nothing spreads, unless told otherwise.
    public init(_ kind: Kind = .private, isRecursive: Bool = true) {
        self.kind = kind
        self.isRecursive = isRecursive
    }
}

extension ContainerSpec {
    /// Something attached inside the root.
    public struct Mount: Sendable {
        /// What is attached.
        public enum Source: Sendable {
            /// A host file or directory, opened by the caller with `O_PATH`; `file` says which.
            case bind(Descriptor, file: Bool)
            /// A fresh file system of this type with `key=value` options and options that are a word alone.
            case fileSystem(String, options: [(key: String, value: String)] = [], flags: [String] = [])

            /// A fresh tmpfs with these options: `size`, `mode`, `uid`, `gid`.
            public static func tmpfs(_ options: [(key: String, value: String)]) -> Source {
                .fileSystem("tmpfs", options: options)
            }
        }

        /// Attributes to set and to clear, `MOUNT_ATTR_*` of mount_setattr(2).
        public struct Attributes: Sendable, Equatable {
            /// Bits that are set.
            public var set: UInt64 = 0
            /// Bits that are cleared.
            public var clear: UInt64 = 0

            /// Nothing changes unless told.
            public init(set: UInt64 = 0, clear: UInt64 = 0) {
                self.set = set
                self.clear = clear
            }
        }

        /// Which ids a bind mount shows.
        public enum IDMap: Sendable {
            /// Those of the file system itself.
            case none
            /// Those of the container's user namespace, where it has one.
            case container(isRecursive: Bool)
            /// Those of this user namespace.
            case namespace(Descriptor, isRecursive: Bool)
        }

        /// What is attached.
        public var source: Source
        /// Where, an absolute path inside the root; made if absent.
        public var destination: String
        /// Attributes of the mount itself.
        public var attributes = Attributes()
        /// Attributes of it and all mounts below it.
        public var recursiveAttributes = Attributes()
        /// Whether what is mounted below the source of a bind comes along.
        public var isRecursive = true
        /// How mounts spread between it and its source.
        public var propagation = Propagation()
        /// Which ids a bind mount shows.
        public var idMap = IDMap.none
        /// A tmpfs begins with what the root has at its place.
        public var copiesUp = false

        /// Attached read-only.
        public var readOnly: Bool { (attributes.set | recursiveAttributes.set) & Attribute.readOnly != 0 }

        /// A mount of an app: no setuid programs, no devices, with the container's ids.
        public init(_ source: Source, at destination: String, readOnly: Bool = false) {
            self.source = source
            self.destination = destination
            let set = Attribute.noSetuid | Attribute.noDevices | (readOnly ? Attribute.readOnly : 0)
            if isBind { recursiveAttributes.set = set } else { attributes.set = set }
            idMap = .container(isRecursive: true)
        }

        /// A mount with just these attributes.
        public init(_ source: Source, at destination: String, attributes: Attributes) {
            self.source = source
            self.destination = destination
            self.attributes = attributes
        }

        var isBind: Bool {
            if case .bind = source { true } else { false }
        }

        var fileSystem: String? {
            if case .fileSystem(let type, _, _) = source { type } else { nil }
        }
    }

    /// `/proc`, `/dev`, `/sys` and what lies in them, for a container that is told nothing else.
    var usualFileSystems: [Mount] {
        func kernel(
            _ type: String,
            _ path: String,
            _ attributes: UInt64,
            _ options: [(key: String, value: String)] = []
        ) -> Mount {
            Mount(
                .fileSystem(type, options: options),
                at: path,
                attributes: Mount.Attributes(set: attributes)
            )
        }
        let programless = Attribute.noSetuid | Attribute.noExec
        let quiet = programless | Attribute.noDevices
        return [
            kernel("proc", "/proc", quiet),
            kernel("tmpfs", "/dev", programless, [("mode", "0755"), ("size", "65536k")]),
            kernel(
                "devpts",
                "/dev/pts",
                programless,
                [("mode", "0620"), ("ptmxmode", "0666"), ("gid", "5")]
            ),
            kernel("tmpfs", "/dev/shm", quiet, [("mode", "1777"), ("size", "\(sharedMemory)")]),
            kernel("mqueue", "/dev/mqueue", quiet),
            kernel("sysfs", "/sys", quiet | Attribute.readOnly),
            kernel("cgroup2", "/sys/fs/cgroup", quiet | (writesCgroup ? 0 : Attribute.readOnly)),
        ]
    }
}
