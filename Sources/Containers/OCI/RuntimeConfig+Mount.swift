// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// Something attached below the root.
    public struct Mount: Equatable, Sendable {
        /// Where, absolute inside the root.
        public var destination: String
        /// The file system; of no meaning for a bind mount.
        public var type: String?
        /// A device, a path on the host, or a word without meaning.
        public var source: String?
        /// Options as in fstab(5).
        public var options: [String] = []
        /// Its own user ids; given together with `gidMappings`.
        public var uidMappings: [IDMapping] = []
        /// Its own group ids.
        public var gidMappings: [IDMapping] = []

        /// Describes a mount.
        public init(destination: String, type: String?, source: String?, options: [String] = []) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            let place = try at.required("destination", "an absolute path")
            guard let destination = try place.filled() else {
                throw place.refused("it is empty: write an absolute path")
            }
            // Specifications before 1.0 let it be relative to the root.
            let isAbsolute = destination.utf8.first == UInt8(ascii: "/")
            self.destination = isAbsolute ? destination : "/" + destination
            type = try at["type"]?.filled()
            source = try at["source"]?.filled()
            options = try at["options"]?.strings() ?? []
            uidMappings = try at["uidMappings"]?.list(IDMapping.init) ?? []
            gidMappings = try at["gidMappings"]?.list(IDMapping.init) ?? []
            guard uidMappings.isEmpty == gidMappings.isEmpty else {
                throw at.refused("uidMappings and gidMappings belong together: write both or none")
            }
        }
    }

    /// A range of ids inside, and where it begins outside.
    public struct IDMapping: Equatable, Sendable {
        /// The first id inside.
        public var containerID: UInt32
        /// The first id outside.
        public var hostID: UInt32
        /// How many.
        public var size: UInt32

        /// Describes a range.
        public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
            self.containerID = containerID
            self.hostID = hostID
            self.size = size
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            containerID = try at.required("containerID", "the first id inside").integer()
            hostID = try at.required("hostID", "the first id outside").integer()
            let count = try at.required("size", "the number of ids")
            size = try count.integer(in: 1...UInt32.max)
            // user_namespaces(7): a range must not wrap around.
            guard size <= UInt32.max - max(containerID, hostID) else {
                throw count.refused("\(size) ids go beyond the last one, 4294967294: write fewer")
            }
        }
    }
}
