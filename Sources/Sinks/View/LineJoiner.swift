// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs
internal import Patterns

/// Joins lines that belong together (`logs.multiline`), of each stream for itself.
///
/// What waits for its next line was read and is not given: whoever reads remembers the place before it.
struct LineJoiner {
    private struct Pending {
        var line: LogLine
        var count: Int
        let place: LogCursor.Place
        var deadline: ContinuousClock.Instant
    }

    /// An entry is cut where a line is.
    private static let mostBytes = 1 << 20

    private let search: PatternSearch
    private let rule: LogSettings.Multiline
    private var pending = PerStream<Pending?>(both: nil)

    /// Nil where the expression is none, which was refused long before.
    init?(_ rule: LogSettings.Multiline) {
        guard let pattern = try? Pattern(rule.start) else { return nil }
        search = PatternSearch(pattern)
        self.rule = rule
    }

    /// Takes what was read behind `place`; gives what is whole now.
    mutating func take(_ event: LogEvent, behind place: LogCursor, now: ContinuousClock.Instant) -> [LogEvent]
    {
        guard case .line(let line) = event else {
            // What is missing may have belonged to what waits.
            return flush() + [event]
        }
        let stream = line.stream, deadline = now + rule.timeout
        let fresh = Pending(line: line, count: 1, place: place.places[stream], deadline: deadline)
        guard let waiting = pending[stream] else {
            pending[stream] = fresh
            return []
        }
        let isFull =
            waiting.count >= rule.mostLines || waiting.line.bytes.count + line.bytes.count >= Self.mostBytes
        guard !isFull, !begins(line) else {
            pending[stream] = fresh
            return [.line(waiting.line)]
        }
        pending[stream] = Pending(
            line: LogLine(
                time: waiting.line.time,
                sequence: waiting.line.sequence,
                stream: stream,
                partial: line.partial,
                bytes: waiting.line.bytes + [UInt8(ascii: "\n")] + line.bytes
            ),
            count: waiting.count + 1,
            place: waiting.place,
            deadline: deadline
        )
        return []
    }

    private func begins(_ line: LogLine) -> Bool {
        line.bytes.withUnsafeBytes { search.firstMatch(in: $0) != nil }
    }

    /// Gives what has waited long enough, or everything.
    mutating func flush(due now: ContinuousClock.Instant? = nil) -> [LogEvent] {
        var given: [LogLine] = []
        for stream in LogStream.allCases {
            guard let waiting = pending[stream], now.map({ waiting.deadline <= $0 }) ?? true else { continue }
            given.append(waiting.line)
            pending[stream] = nil
        }
        return given.sorted { $0.sequence < $1.sequence }.map(LogEvent.line)
    }

    /// When something will have waited long enough.
    var deadline: ContinuousClock.Instant? {
        LogStream.allCases.compactMap { pending[$0]?.deadline }.min()
    }

    /// The place before what waits.
    func held(_ cursor: LogCursor) -> LogCursor {
        var cursor = cursor
        for stream in LogStream.allCases {
            if let waiting = pending[stream] { cursor.places[stream] = waiting.place }
        }
        return cursor
    }
}
