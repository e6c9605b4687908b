// SPDX-License-Identifier: Apache-2.0
public import Logs

/// What a sink has done and how it is.
public struct SinkReport: Sendable, Equatable {
    /// Its name in `node.yaml`.
    public let name: String
    /// What it speaks, such as `syslog`.
    public let kind: String
    /// What it means that a line was delivered.
    public internal(set) var delivery = Delivery.none

    /// Lines that were read from spools, since the agent began.
    public var linesIn: UInt64 = 0
    /// Lines that were confirmed.
    public var linesOut: UInt64 = 0
    /// Their bytes, without what the receiver's language adds.
    public var bytesOut: UInt64 = 0
    /// Batches that were confirmed.
    public var batches: UInt64 = 0
    /// Batches that were sent again.
    public var retries: UInt64 = 0
    /// Lines that are missing in the spools, by the reason.
    public var missing: [LossCause: UInt64] = [:]
    /// Lines that the receiver refused for good.
    public var droppedAsRejected: UInt64 = 0
    /// Lines that had not been sent when their log was removed.
    public var droppedAsRemoved: UInt64 = 0

    /// When the oldest line was captured that was read and is not confirmed, nanoseconds since 1970; nil for none.
    public var oldestPending: UInt64?
    /// Lines that were read and are not confirmed.
    public var pending: UInt64 = 0
    /// Why the receiver does not take anything; nil if it does, or was not asked.
    public var failure: String?
    /// Since when, nanoseconds since 1970.
    public var failingSince: UInt64?

    init(name: String, kind: String) {
        self.name = name
        self.kind = kind
    }
}
