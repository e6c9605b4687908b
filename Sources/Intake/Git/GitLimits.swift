// SPDX-License-Identifier: Apache-2.0

/// What reading a repository may cost.
enum GitLimits {
    /// How long one run of git may take.
    static let deadline = Duration.seconds(120)
    /// How long all runs of one reading may take together.
    static let reading = Duration.seconds(600)
    /// Bytes of memory, seconds of processor time, and bytes of the largest file: what git may take at most.
    static let memory = 1 << 30
    static let processor = 60
    static let file = 64 << 20
    /// Bytes of a commit, a tree and a blob.
    static let commit = 1 << 20
    static let tree = 4 << 20
    static let blob = 4 << 20
    /// Bytes of what git complains.
    static let complaint = 64 << 10
    /// Objects that are read of one commit, and their bytes.
    static let objects = 5_000
    static let total = 64 << 20
}
