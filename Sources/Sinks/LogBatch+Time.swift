// SPDX-License-Identifier: Apache-2.0
internal import Logs

extension LogBatch.Part {
    /// When an event was captured, nanoseconds since 1970; what is missing has the time of the next line, or of the one
    /// before it.
    func time(at index: Int) -> UInt64 {
        for event in events[index...] { if case .line(let line) = event { return line.time } }
        for event in events[..<index].reversed() { if case .line(let line) = event { return line.time } }
        return SinkClock.now
    }
}
