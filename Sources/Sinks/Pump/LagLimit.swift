// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// How far a sink may be behind in one spool (`max_lag`): older lines are left out for it, counted and told.
struct LagLimit: Sendable {
    /// What a reader has passed over.
    struct Skip {
        /// What is missing, one of a cause.
        var gaps: [LogGap] = []
        /// The line at which it stopped, which was read; nil at the end of what is there.
        var line: LogLine?
        /// The place before that line.
        var place: LogCursor
    }

    /// Bytes of lines that wait; nil is any number.
    private let size: UInt64?
    /// How old a line may be that is sent, in nanoseconds; nil is any age.
    private let age: UInt64?

    /// No limit by default.
    init(_ settings: LogSettings.Keep = LogSettings.Keep()) {
        size = settings.size.map { UInt64(clamping: $0.bytes) }
        age = settings.age.map { UInt64(clamping: Int64($0 / .nanoseconds(1))) }
    }

    /// So many bytes of lines may have been written in all before a sink that has passed `place` is too far behind;
    /// what the spool has dropped does not wait.
    func ceiling(behind place: LogCursor, dropped: PerStream<LineCount>) -> UInt64? {
        size.map { max(Self.bytes(place), dropped.stdout.bytes &+ dropped.stderr.bytes) &+ $0 }
    }

    /// Reads on to where the sink may be; nil if it may be where it is.
    ///
    /// `written` is everything that was ever written to the spool; nil where it does not fall further behind.
    func skip(_ reader: inout LogReader, written: PerStream<LineCount>?, now: UInt64) throws(LogError)
        -> Skip?
    {
        guard !reader.isMidway else { return nil }
        let all = written.map { $0.stdout.bytes &+ $0.stderr.bytes }
        func waiting(_ place: LogCursor) -> UInt64 {
            guard let all else { return 0 }
            let passed = Self.bytes(place)
            return all > passed ? all - passed : 0
        }
        var skip = Skip(place: reader.cursor)
        let isBehind = size.map { waiting(skip.place) > $0 } ?? false
        guard isBehind || age != nil else { return nil }
        // A sixteenth more at once than it must be, so that a slow receiver is not told of each line.
        let goal = isBehind ? (size ?? 0) / 16 * 15 : .max
        let oldest = age.map { now > $0 ? now - $0 : 0 } ?? 0
        while let event = try reader.next() {
            switch event {
            case .gap(let gap): skip.add(gap)
            case .line(let line):
                guard waiting(skip.place) > goal || line.time < oldest else {
                    skip.line = line
                    return skip
                }
                var lost = PerStream(both: LineCount())
                lost[line.stream] = LineCount(lines: 1, bytes: UInt64(line.bytes.count))
                skip.add(LogGap(next: line.sequence + 1, lost: lost, cause: .lag))
            }
            skip.place = reader.cursor
        }
        return skip
    }

    private static func bytes(_ place: LogCursor) -> UInt64 {
        place.places.stdout.passed.bytes &+ place.places.stderr.passed.bytes
    }
}

extension LagLimit.Skip {
    /// Between them is no line: those of one cause are one.
    fileprivate mutating func add(_ gap: LogGap) {
        guard let index = gaps.firstIndex(where: { $0.cause == gap.cause }) else { return gaps.append(gap) }
        var lost = gaps[index].lost
        for stream in LogStream.allCases {
            lost[stream].lines &+= gap.lost[stream].lines
            lost[stream].bytes &+= gap.lost[stream].bytes
        }
        gaps[index] = LogGap(next: max(gaps[index].next, gap.next), lost: lost, cause: gap.cause)
    }
}
