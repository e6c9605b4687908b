// SPDX-License-Identifier: Apache-2.0

/// A version of a volume in its store, or of a branch beside it.
public struct VolumeVersion: Codable, Sendable, Equatable {
    /// The branch that it is of; nil for the volume itself.
    public var branch: String?
    /// Its number, which is its place in the log.
    public var version: UInt64
    /// When it was made, RFC 3339 in UTC, by the clock of its node.
    public var time: String
    /// The node that made it.
    public var node: String
    /// Files, directories and all else that it has.
    public var entries: UInt64
    /// Bytes of its files.
    public var bytes: UInt64
    /// Bytes that the store got for it.
    public var storedBytes: UInt64
    /// What it is called by: those versions are kept until the label is taken away.
    public var labels: [String]
    /// What there is to say of it: that it was the last one of its node, what it stood on, or that it goes soon.
    public var reason: String
    /// Whether its files are of no one instant.
    public var isFuzzy: Bool
    /// Whether it was given up, and cannot be had any more.
    public var isGivenUp: Bool

    enum CodingKeys: String, CodingKey {
        case branch, version, time, node, entries, bytes, labels, reason
        case storedBytes = "stored_bytes"
        case isFuzzy = "fuzzy"
        case isGivenUp = "given_up"
    }

    /// A version of which nothing more is to be said.
    public init(
        branch: String?,
        version: UInt64,
        time: String,
        node: String,
        entries: UInt64,
        bytes: UInt64,
        storedBytes: UInt64
    ) {
        self.branch = branch
        self.version = version
        self.time = time
        self.node = node
        self.entries = entries
        self.bytes = bytes
        self.storedBytes = storedBytes
        labels = []
        reason = ""
        isFuzzy = false
        isGivenUp = false
    }
}
