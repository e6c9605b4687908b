// SPDX-License-Identifier: Apache-2.0

/// A log of which a sink has not everything yet.
public struct UnsentLog: Equatable, Sendable {
    /// The folder of its spool.
    public let path: String
    /// The first record that a sink may need still.
    public let needed: UInt64
    /// Lines that every sink has, or was told to be missing.
    public let passed: UInt64
    /// Lines that were ever written; nil if nobody writes any more.
    public let written: UInt64?
}
