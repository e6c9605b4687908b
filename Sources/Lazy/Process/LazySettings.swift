// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Volumes

/// What a process that serves a version is told: by a descriptor, for there are secrets in it.
///
/// As bytes it is `name=value` texts, each ended by a NUL, as environments are, environ(7).
package struct LazySettings: Equatable, Sendable {
    /// Where the version is.
    package enum Store: Equatable, Sendable {
        case directory(path: String)
        case s3(Bucket)
    }

    /// A bucket, as `S3Place` and `S3Store` have it.
    package struct Bucket: Equatable, Sendable {
        package var endpoint: String
        package var bucket: String
        package var region = "us-east-1"
        package var isPathStyle = true
        package var owner: String?
        package var prefix = ""
        /// A file of certificates that are believed beside, or nil for the node's.
        package var authorities: String?
        package var key: Key

        /// A bucket of a server.
        package init(endpoint: String, bucket: String, key: Key) {
            self.endpoint = endpoint
            self.bucket = bucket
            self.key = key
        }
    }

    /// Where the access key comes from.
    package enum Key: Equatable, Sendable {
        /// It is this one.
        case fixed(AccessKey)
        /// A file that is read anew when the store does not take the key any more.
        case file(String)
        /// Where AWS's tools find theirs.
        case chain
    }

    /// No settings are longer.
    package static let maximumBytes = 65_536

    package var app: String
    package var volume: String
    /// Which version; nil for the last, or the one that the cache folder is of already.
    package var sequence: UInt64?
    package var store: Store
    /// The absolute path of a folder that is this version's alone.
    package var cache: String
    /// Whether all of it is fetched, also what nobody reads.
    package var isHydrated = true
    /// Bytes a second of that; nil for as many as come.
    package var limit: Int?
    /// For so many seconds a store may be away until a reader is told of an error.
    package var patience = 300
    /// Which ids of the host are those of the container: files are told with the host's.
    package var ids = IdentityMap()
    /// The absolute path of a cgroup that the process goes to; nil to stay where it is started.
    package var cgroup: String?

    /// A version of a volume.
    package init(app: String, volume: String, sequence: UInt64?, store: Store, cache: String) {
        self.app = app
        self.volume = volume
        self.sequence = sequence
        self.store = store
        self.cache = cache
    }
}
