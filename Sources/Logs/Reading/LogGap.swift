// SPDX-License-Identifier: Apache-2.0

/// Lines that are missing at this place, because the spool had to drop them or their blocks are damaged.
public struct LogGap: Equatable, Sendable {
    /// The sequence number at which reading goes on.
    public let next: UInt64
    /// How much is missing of each stream.
    public let lost: PerStream<LineCount>

    /// A number of missing lines.
    public init(next: UInt64, lost: PerStream<LineCount>) {
        self.next = next
        self.lost = lost
    }
}
