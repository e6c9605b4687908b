// SPDX-License-Identifier: Apache-2.0

/// Why lines that were written are not in the spool, or no more.
public enum LossCause: String, CaseIterable, Sendable {
    /// They were, and were dropped to keep a bound, or are damaged.
    case dropped
    /// More came than the service's limit of lines and bytes a second allows.
    case rateLimited = "rate_limited"
    /// Of so many lines one is kept.
    case sampled
    /// The spool was full of what sinks have not taken, and new lines are to be left out then.
    case full
    /// They are in the spool, but one of its sinks was further behind than it may be.
    case lag
}

/// What of a stream was left out before the spool, since the instance began.
public struct Omissions: Equatable, Sendable {
    /// What was beyond the limit.
    public var rateLimited = LineCount()
    /// What was not in the sample.
    public var sampled = LineCount()
    /// What came while the spool was full.
    public var full = LineCount()
    /// Places in lines that were replaced, since they are secret.
    public var redactions: UInt64 = 0

    /// Nothing.
    public init() {}

    /// How much for one cause.
    public subscript(cause: LossCause) -> LineCount {
        switch cause {
        case .dropped, .lag: LineCount()
        case .rateLimited: rateLimited
        case .sampled: sampled
        case .full: full
        }
    }

    /// Everything that was left out, for whatever cause.
    public var total: LineCount { rateLimited + sampled + full }

    static func + (a: Omissions, b: Omissions) -> Omissions {
        var sum = a
        sum.rateLimited = a.rateLimited + b.rateLimited
        sum.sampled = a.sampled + b.sampled
        sum.full = a.full + b.full
        sum.redactions = a.redactions &+ b.redactions
        return sum
    }

    /// The greater of each count: two tables may be met in any order, and counts only grow.
    func merged(_ other: Omissions) -> Omissions {
        func greater(_ a: LineCount, _ b: LineCount) -> LineCount {
            LineCount(lines: max(a.lines, b.lines), bytes: max(a.bytes, b.bytes))
        }
        var result = Omissions()
        result.rateLimited = greater(rateLimited, other.rateLimited)
        result.sampled = greater(sampled, other.sampled)
        result.full = greater(full, other.full)
        result.redactions = max(redactions, other.redactions)
        return result
    }

    // MARK: On disk

    /// The bytes of the table at the beginning of a block.
    static let size = 56

    func encode(into bytes: UnsafeMutableRawBufferPointer) {
        for (index, count) in [rateLimited, sampled, full].enumerated() {
            bytes.put(count.lines, at: index * 16)
            bytes.put(count.bytes, at: index * 16 + 8)
        }
        bytes.put(redactions, at: 48)
    }

    /// The table that a block's body begins with; nil if the body is shorter.
    init?(_ body: borrowing [UInt8]) {
        guard body.count >= Self.size else { return nil }
        let counts = body.withUnsafeBytes { bytes in
            (0..<7).map { bytes.get(UInt64.self, at: $0 * 8) }
        }
        rateLimited = LineCount(lines: counts[0], bytes: counts[1])
        sampled = LineCount(lines: counts[2], bytes: counts[3])
        full = LineCount(lines: counts[4], bytes: counts[5])
        redactions = counts[6]
    }
}
