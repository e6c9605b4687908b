// SPDX-License-Identifier: Apache-2.0

/// Lines that are missing at this place: dropped by the spool, damaged, or left out before it.
public struct LogGap: Equatable, Sendable {
    /// The sequence number at which reading goes on.
    public let next: UInt64
    /// How much is missing of each stream.
    public let lost: PerStream<LineCount>
    /// Why it is missing.
    public let cause: LossCause

    /// A number of missing lines.
    public init(next: UInt64, lost: PerStream<LineCount>, cause: LossCause = .dropped) {
        self.next = next
        self.lost = lost
        self.cause = cause
    }
}

extension LogGap: CustomStringConvertible {
    /// For example `12 lines of stdout (340 bytes) are missing: more came than the limit allows`.
    public var description: String {
        let parts = LogStream.allCases.filter { !lost[$0].isZero }.map { stream in
            let (lines, bytes) = (lost[stream].lines, lost[stream].bytes)
            return "\(lines) \(lines == 1 ? "line" : "lines") of \(stream) (\(bytes) bytes)"
        }
        let why =
            switch cause {
            case .dropped: "the spool was full, or is damaged"
            case .rateLimited: "more came than the limit allows"
            case .sampled: "they are not in the sample"
            case .full: "the spool was full"
            case .lag: "the receiver was too far behind"
            }
        return (parts.isEmpty ? "lines" : parts.joined(separator: " and ")) + " are missing: \(why)"
    }
}
