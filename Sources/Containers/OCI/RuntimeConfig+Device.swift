// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// A device node in the container.
    public struct Device: Equatable, Sendable {
        /// Its kind, as mknod(1) has it.
        public enum Kind: String, CaseIterable, Sendable {
            /// A character device.
            case character = "c"
            /// A block device.
            case block = "b"
            /// A character device by its older name.
            case unbuffered = "u"
            /// A named pipe.
            case pipe = "p"
        }

        /// Its kind.
        public var type: Kind
        /// Its path, absolute inside the container.
        public var path: String
        /// Its major number; 0 for a pipe.
        public var major: UInt32
        /// Its minor number; 0 for a pipe.
        public var minor: UInt32
        /// Permission bits; a writer in Go may set bits of its own above them.
        public var fileMode: UInt32?
        /// Its owner.
        public var uid: UInt32?
        /// Its group.
        public var gid: UInt32?

        init(_ at: JSONCursor) throws(ConfigError) {
            type = try at.required("type", "a device's kind: c, b, u or p").choice()
            path = try at.required("path", "the absolute path of the device").absolutePath()
            if type == .pipe {
                (major, minor) = (0, 0)
            } else {
                major = try at.required("major", "the device's major number").integer()
                minor = try at.required("minor", "the device's minor number").integer()
            }
            fileMode = try at["fileMode"]?.integer()
            uid = try at["uid"]?.id()
            gid = try at["gid"]?.id()
        }
    }
}
