// SPDX-License-Identifier: Apache-2.0

/// A copy of the records that was not what it should be, and was written anew.
public struct RecordRepair: Equatable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What was wrong with it.
    public let fault: String

    /// For example `/var/lib/martlet/agent.db: is gone: written anew`.
    public var description: String { "\(path): \(fault): written anew" }
}
