// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// One spool as one sink sees it: what was read and what was confirmed.
final class SinkSource {
    let path: String
    private(set) var origin: LogOrigin
    private(set) var spool: WeakSpool?
    private var reader: LogReader
    private var file: LogCursorFile
    /// Everything before it is confirmed.
    private(set) var confirmed: LogCursor
    /// Batches that hold lines of it and are not confirmed.
    var parcels = 0
    /// It stands in the queue of those that may have something to give.
    var isQueued = false
    /// Everything that will ever come was read.
    private var isOver = false
    /// Was joined by a rule that does not hold any more, and not given.
    private var left: [LogEvent] = []
    /// Nil where each line is for itself.
    private var joiner: LineJoiner?

    init(_ arrival: PumpInbox.Arrival, sink: String) throws(LogError) {
        path = arrival.path
        origin = arrival.origin
        spool = arrival.spool
        file = try LogCursorFile(arrival.path, reader: sink)
        confirmed = file.cursor ?? .beginning
        reader = try LogReader(arrival.path, Self.query(from: confirmed))
        joiner = origin.multiline.flatMap { LineJoiner($0) }
    }

    private static func query(from cursor: LogCursor) -> LogQuery {
        LogQuery(.cursor(cursor), holdsUnfinished: true)
    }

    /// Whether all that will ever come was confirmed.
    var isDone: Bool { isOver && parcels == 0 }

    /// The same spool, written by another run.
    func renew(_ arrival: PumpInbox.Arrival) {
        if origin.multiline != arrival.origin.multiline { rejoin(arrival.origin) }
        origin = arrival.origin
        spool = arrival.spool
        isOver = false
    }

    /// Joins lines by another rule from here on; what waits is given as it is with the next batch.
    private func rejoin(_ origin: LogOrigin) {
        left += joiner?.flush() ?? []
        joiner = origin.multiline.flatMap { LineJoiner($0) }
    }

    /// When something that waits for its next line has waited long enough.
    var deadline: ContinuousClock.Instant? { left.isEmpty ? joiner?.deadline : .now }

    /// Reads on, at most so much; true if there may be more.
    ///
    /// What is further behind than `lag` is left out.
    func read(into batch: inout LogBatch, lines: Int, bytes: Int, lag: LagLimit) throws(LogError) -> Bool {
        var part = LogBatch.Part(origin)
        var size = 0
        func add(_ event: LogEvent) {
            if case .line(let line) = event {
                size += line.bytes.count
                if origin.format != .none {
                    part.structures.append(StructuredLine.read(line.bytes, origin.format))
                }
            } else if origin.format != .none {
                part.structures.append(nil)
            }
            part.events.append(event)
        }
        defer {
            if !part.events.isEmpty {
                batch.parts.append(part)
                batch.count += part.events.count
                batch.bytes += size
            }
        }
        // Asked before it is read: what is written between the two is read the next time.
        let isFinished = spool?.isFinished ?? true
        left.forEach(add)
        left = []
        if let skip = try lag.skip(&reader, written: spool?.written, now: SinkClock.now) {
            for gap in skip.gaps { take(.gap(gap), behind: skip.place).forEach(add) }
            if let line = skip.line { take(.line(line), behind: skip.place).forEach(add) }
        }
        while part.events.count < lines && size < bytes || reader.isMidway {
            let place = joiner == nil ? .beginning : reader.cursor
            guard let event = try reader.next() else {
                joiner?.flush(due: isFinished ? nil : .now).forEach(add)
                isOver = isFinished
                return false
            }
            take(event, behind: place).forEach(add)
        }
        return true
    }

    /// Joins what was read behind `place`, where lines are joined; gives what is whole.
    private func take(_ event: LogEvent, behind place: LogCursor) -> [LogEvent] {
        joiner?.take(event, behind: place, now: .now) ?? [event]
    }

    /// Where reading goes on, were this process to end.
    var cursor: LogCursor { joiner?.held(reader.cursor) ?? reader.cursor }

    /// Everything before `cursor` is confirmed, and will not be sent again.
    func confirm(_ cursor: LogCursor) throws(LogError) {
        confirmed = cursor
        try file.write(cursor)
    }
}
