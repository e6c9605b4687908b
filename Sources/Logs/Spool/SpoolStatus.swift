// SPDX-License-Identifier: Apache-2.0

/// What a spool holds and what it had to drop.
public struct SpoolStatus: Equatable, Sendable {
    /// Bytes of all segments on disk.
    public let bytes: Int
    /// Number of segments on disk.
    public let segments: Int
    /// The sequence number that the next record gets.
    public let nextSequence: UInt64
    /// Everything ever written, dropped or not.
    public let written: PerStream<LineCount>
    /// What was dropped with old segments to keep the bound.
    public let dropped: PerStream<LineCount>
    /// What was left out before it came to the spool, by cause.
    public let omitted: PerStream<Omissions>
    /// The number of the last published batch.
    public let batches: PerStream<UInt64>
    /// Which streams have come to their end of file.
    public let ended: PerStream<Bool>

    /// What is not there any more, or never was, for one cause.
    public func lost(_ stream: LogStream, _ cause: LossCause) -> LineCount {
        cause == .dropped ? dropped[stream] : omitted[stream][cause]
    }
}
