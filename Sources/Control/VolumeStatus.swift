// SPDX-License-Identifier: Apache-2.0

/// A named volume of an app of the node.
public struct VolumeStatus: Codable, Sendable, Equatable {
    /// How far its files are here.
    public struct Restore: Codable, Sendable, Equatable {
        /// Entries that were made.
        public var done: Int
        /// Entries in all.
        public var all: Int

        /// So many of so many.
        public init(done: Int, all: Int) {
            self.done = done
            self.all = all
        }
    }

    /// How much is here of files that come while they are read.
    public struct Served: Codable, Sendable, Equatable {
        /// The version that they are of; what was changed since is here.
        public var sequence: UInt64
        /// Bytes of it that are here.
        public var localBytes: Int64
        /// Bytes of it in all.
        public var totalBytes: Int64
        /// Readers that wait for the store just now.
        public var waiting: Int

        enum CodingKeys: String, CodingKey {
            case sequence, waiting
            case localBytes = "local_bytes"
            case totalBytes = "total_bytes"
        }

        /// So much of a version.
        public init(sequence: UInt64, localBytes: Int64, totalBytes: Int64, waiting: Int) {
            self.sequence = sequence
            self.localBytes = localBytes
            self.totalBytes = totalBytes
            self.waiting = waiting
        }
    }

    /// The app.
    public var app: String
    /// The name in its file.
    public var name: String
    /// `local` for one that is on this node alone; else `acquiring`, `restoring`, `held`, `failing`, `released`,
    /// `left`, `failed`, `fenced` or `unused`.
    public var state: String
    /// Why it is so; empty where all is well.
    public var reason: String
    /// The store that it is kept in; nil for none.
    public var store: String?
    /// What holds for it.
    ///
    /// `node` lives and dies with the node; `fenced` has one writer at a time and every commit that was acknowledged;
    /// `fork-preserving` may have two, of whom one becomes a branch; `unfenced` is for objects that others write, too;
    /// `unknown` until its store was asked.
    public var guarantee: String
    /// The node that wrote the last version; nil before the first.
    public var holder: String?
    /// The number of the last version in the store; nil before the first.
    public var sequence: UInt64?
    /// When that was made, RFC 3339 in UTC.
    public var committedAt: String?
    /// Whether its files are of no one instant.
    public var isFuzzy: Bool
    /// How old, in seconds, the instant is that the store has: what changed since is lost with the node.
    public var riskSeconds: Double?
    /// How many bytes of files changed since, when that was looked at last.
    public var riskBytes: UInt64?
    /// How long containers stood still for the last commit, in milliseconds.
    public var pauseMilliseconds: Double?
    /// The longest of those times since the agent began.
    public var longestPauseMilliseconds: Double?
    /// How the files of the last version came to be of one instant; nil if nobody wrote to them.
    ///
    /// `reflink`: containers stood still while what had changed was cloned; `freeze`: while it was read; `locks`: its
    /// databases were locked, and nobody stood still.
    public var cut: String?
    /// How many files could not be cloned for it, and were read while containers stood still; nil for none.
    public var unclonedFiles: Int?
    /// How often it was committed since the agent began.
    public var commits: Int
    /// How often that failed.
    public var failures: Int
    /// How far a restore is; nil while there is none.
    public var restore: Restore?
    /// How far files that come while they are read have come; nil if none do.
    public var served: Served?

    enum CodingKeys: String, CodingKey {
        case app, name, state, reason, store, guarantee, holder, sequence, commits, failures, restore, served,
            cut
        case committedAt = "committed_at"
        case isFuzzy = "fuzzy"
        case riskSeconds = "risk_seconds"
        case riskBytes = "risk_bytes"
        case pauseMilliseconds = "pause_ms"
        case longestPauseMilliseconds = "longest_pause_ms"
        case unclonedFiles = "uncloned_files"
    }

    /// A volume that is on its node alone, unless more is said of it.
    public init(app: String, name: String) {
        self.app = app
        self.name = name
        state = "local"
        reason = ""
        guarantee = "node"
        isFuzzy = false
        commits = 0
        failures = 0
    }
}
