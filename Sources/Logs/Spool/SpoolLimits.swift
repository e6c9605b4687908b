// SPDX-License-Identifier: Apache-2.0

/// How much one instance's spool may hold.
public struct SpoolLimits: Equatable, Sendable {
    /// The size at which a segment is full and the next begins.
    public let segmentBytes: Int
    /// The size of all segments together; beyond it the oldest are dropped, whole and counted.
    public let totalBytes: Int

    /// Limits, 16 MiB a segment and 256 MiB in all by default; a segment is at most half of the whole.
    public init(segmentBytes: Int = 16 << 20, totalBytes: Int = 256 << 20) {
        self.totalBytes = max(totalBytes, 8_192)
        self.segmentBytes = min(max(segmentBytes, 4_096), self.totalBytes / 2)
    }
}
