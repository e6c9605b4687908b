// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What a spool's writer knows.
struct SpoolState {
    var limits: SpoolLimits
    var policy = SpoolPolicy.dropOldest
    var segments: [SpoolRecovery.Segment]
    var streams: PerStream<StreamState>
    var nextSequence: UInt64
    var current: (descriptor: Descriptor, salt: UInt32)?
    /// When a batch was last appended, nanoseconds since 1970; 0 if none was.
    var lastWrite: UInt64
    /// Where blocks stand that only count what was left out, in the current segment: the next such block takes the
    /// place of the older one.
    ///
    /// Two, so that a death in the middle of such a write leaves the other.
    var notices = PerStream(both: Notices())
    /// Sinks have everything up to here; nil if none needs anything.
    var released: UInt64?
    /// So many bytes of lines may be written until more is released; nil is any number.
    var ceiling: UInt64?
    /// A batch was refused, and nothing was released since.
    var isFull = false
    /// Wakes who waits for room.
    var roomWaker: (@Sendable () -> Void)?
    var watchers: [@Sendable () -> Bool] = []
    var finished = false
    var fault: (@Sendable (_ block: Int) -> SpoolFault?)?

    struct Notices {
        var offsets: [Int] = []
        var turn = 0
    }

    var bytes: Int { segments.reduce(0) { $0 + $1.size } }

    /// Whether the oldest segment may go so that there is room.
    var canDropOldest: Bool {
        guard !segments.isEmpty else { return false }
        guard policy != .dropOldest, let released else { return true }
        let following = segments.count > 1 ? segments[1].firstSequence : nextSequence
        return following <= released &+ 1
    }

    /// Whether a sink would be further behind than it may be.
    var isTooFarAhead: Bool {
        guard policy != .dropOldest, let ceiling else { return false }
        return streams.stdout.written.bytes &+ streams.stderr.written.bytes >= ceiling
    }

    /// Whether a segment more would be too much, and nothing can go for it.
    func isFull(_ pool: SpoolPool?) -> Bool {
        if isTooFarAhead { return true }
        guard policy != .dropOldest, !canDropOldest else { return false }
        return bytes + limits.segmentBytes > limits.totalBytes || pool?.isExhausted == true
    }

    mutating func ring() { watchers.removeAll { !$0() } }
}
