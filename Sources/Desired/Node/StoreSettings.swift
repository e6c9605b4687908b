// SPDX-License-Identifier: Apache-2.0

/// A store of objects: an entry of `stores` in `node.yaml`.
public indirect enum StoreSettings: Equatable, Sendable {
    /// A directory of this node, by its absolute path.
    case directory(String)
    /// A bucket of S3, or of a server that speaks its language.
    case s3(S3)
    /// A container of OpenStack Swift, or of a server that speaks its language.
    case swift(SwiftContainer)
    /// One of these whose objects are encrypted here: with the first key; the others are of what is there still.
    case sealed(StoreSettings, keys: [RegistrySettings.File])

    /// Whether who has the store alone can read nothing of it.
    public var isSealed: Bool { if case .sealed = self { true } else { false } }

    /// What a store can be required to keep; one that was not seen to keep it is not used.
    public enum Requirement: String, CaseIterable, Sendable {
        /// Of many who create an object at once, one alone does.
        case atomicCreate = "atomic-create"
        /// Bytes that changed on the way to it are refused.
        case checksum
    }

    /// A bucket, and how it is asked.
    public struct S3: Equatable, Sendable {
        /// The URL of the server, without the bucket.
        public let endpoint: String
        /// The bucket.
        public let bucket: String
        /// What signatures are for.
        public var region = "us-east-1"
        /// Whether the bucket is a part of paths, and not of the host's name.
        public var isPathStyle = true
        /// What stands before every key: empty, or ends with a slash.
        public var prefix = ""
        /// The access key; where AWS's tools find theirs for nil.
        public var credentials: RegistrySettings.File?
        /// Certificates of the authorities that may vouch for the server.
        public var authorities: RegistrySettings.File?
        /// The account that must own the bucket.
        public var owner: String?
        /// Whether requests are signed by version 2, for stores that know no other.
        public var hasOldSignature = false
        /// What it must keep.
        public var requirements: Set<Requirement> = []

        /// A bucket of a server.
        public init(endpoint: String, bucket: String) {
            self.endpoint = endpoint
            self.bucket = bucket
        }
    }
}
