// SPDX-License-Identifier: Apache-2.0

/// What came of reading all of a volume from its store.
public struct VolumeCheck: Codable, Sendable, Equatable {
    /// A part that is not what was stored.
    public struct Damage: Codable, Sendable, Equatable {
        /// The object that it is in, as 32 digits.
        public var pack: String
        /// What is wrong with it.
        public var reason: String

        /// A damage.
        public init(pack: String, reason: String) {
            self.pack = pack
            self.reason = reason
        }
    }

    /// A file that cannot be had as it was.
    public struct File: Codable, Sendable, Equatable {
        /// Where it is in the volume.
        public var path: String
        /// The latest version that has it.
        public var version: UInt64

        /// A file.
        public init(path: String, version: UInt64) {
            self.path = path
            self.version = version
        }
    }

    /// The app.
    public var app: String
    /// The name in its file.
    public var name: String
    /// The store.
    public var store: String
    /// How many versions were read.
    public var versions: Int
    /// How many parts, each of them once, and their bytes as they are stored.
    public var chunks: Int
    /// Bytes of those parts.
    public var bytes: Int
    /// How many of them are damaged.
    public var damaged: Int
    /// The first thousand of those.
    public var damages: [Damage]
    /// The first thousand files that they are of.
    public var files: [File]

    /// What came of it.
    public init(
        app: String,
        name: String,
        store: String,
        versions: Int,
        chunks: Int,
        bytes: Int,
        damaged: Int,
        damages: [Damage],
        files: [File]
    ) {
        self.app = app
        self.name = name
        self.store = store
        self.versions = versions
        self.chunks = chunks
        self.bytes = bytes
        self.damaged = damaged
        self.damages = damages
        self.files = files
    }
}
