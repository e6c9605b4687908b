// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// One spool as an archive sees it: what was archived, and what waits to be.
///
/// The spool itself holds what waits: it is read when an object is made of it, and again if that could not be stored.
final class ArchiveSource {
    /// Lines of the spool as an object.
    struct Stretch {
        let key: ArchiveKey
        let object: [UInt8]
        let end: LogCursor
        let lines: Int
        let bytes: Int
        let missing: [LossCause: UInt64]
        let hasMore: Bool
    }

    let path: String
    private(set) var origin: LogOrigin
    private(set) var spool: WeakSpool?
    /// Everything before it is archived.
    private var confirmed: LogCursorFile
    /// Where the object ends that is being stored: whoever comes after a crash makes the same again.
    private var planned: LogCursorFile
    /// When the oldest line that waits was captured, nanoseconds since 1970; nil if none waits.
    private(set) var since: UInt64?
    /// Attempts in a row that stored nothing: others come first.
    var failures = 0

    init(_ arrival: PumpInbox.Arrival, archive: String) throws(LogError) {
        path = arrival.path
        origin = arrival.origin
        spool = arrival.spool
        confirmed = try LogCursorFile(arrival.path, reader: archive)
        planned = try LogCursorFile(arrival.path, reader: "\(archive).planned")
        try look()
    }

    /// The same spool, written by another run.
    func renew(_ arrival: PumpInbox.Arrival) throws(LogError) {
        origin = arrival.origin
        spool = arrival.spool
        try look()
    }

    /// Whether nothing more will come than what is there.
    var isFinished: Bool { spool?.isFinished ?? true }

    /// How much waits, as far as that is known without reading.
    var waiting: LineCount {
        guard let status = spool?.spool?.status else { return LineCount() }
        let (written, passed) = (status.written, start.places)
        func beyond(_ all: UInt64, _ part: UInt64) -> UInt64 { all > part ? all - part : 0 }
        return LineCount(
            lines: beyond(written.stdout.lines, passed.stdout.passed.lines)
                + beyond(written.stderr.lines, passed.stderr.passed.lines),
            bytes: beyond(written.stdout.bytes, passed.stdout.passed.bytes)
                + beyond(written.stderr.bytes, passed.stderr.passed.bytes)
        )
    }

    /// Something may have come.
    func ring(now: UInt64) { since = since ?? now }

    /// The next object; nil if there is nothing to make one of.
    ///
    /// What is further behind than `lag` is left out, but not of an object that may be stored already.
    func read(
        _ settings: (prefix: String, size: Int),
        _ deflater: Deflater,
        lag: LagLimit
    ) throws(LogError) -> Stretch? {
        var reader = try reader()
        let places = start.places
        let position = max(places.stdout.next, places.stderr.next)
        var writer = ArchiveWriter(origin, position: position, deflater)
        let plan = planned.cursor == confirmed.cursor ? nil : planned.cursor
        var hasMore = true
        if plan == nil,
            let skip = try lag.skip(&reader, written: spool?.written, now: SinkClock.now)
        {
            for gap in skip.gaps { writer.append(.gap(gap)) }
            if let line = skip.line { writer.append(.line(line)) }
        }
        while writer.size < settings.size && !writer.isFull || reader.isMidway {
            if !writer.isEmpty, !reader.isMidway, reader.cursor == plan { break }
            guard let event = try reader.next() else {
                hasMore = false
                break
            }
            writer.append(event)
        }
        guard !writer.isEmpty else {
            since = nil
            return nil
        }
        let (lines, bytes, missing) = (writer.lines, writer.size, writer.missing)
        let (object, times) = writer.finish()
        return Stretch(
            key: ArchiveKey(settings.prefix, origin, position: position, times: times),
            object: object,
            end: reader.cursor,
            lines: lines,
            bytes: bytes,
            missing: missing,
            hasMore: hasMore
        )
    }

    /// What is being stored ends there.
    func plan(_ stretch: Stretch) throws(LogError) {
        if planned.cursor != stretch.end { try planned.write(stretch.end) }
    }

    /// It was stored.
    func confirm(_ stretch: Stretch) throws(LogError) {
        try confirmed.write(stretch.end)
        since = stretch.hasMore ? stretch.key.times.upperBound : nil
        failures = 0
    }

    /// Where the next object begins.
    var start: LogCursor { confirmed.cursor ?? .beginning }

    private func reader() throws(LogError) -> LogReader {
        try LogReader(path, LogQuery(.cursor(start), holdsUnfinished: true))
    }

    /// Finds out whether something waits, and since when.
    private func look() throws(LogError) {
        var reader = try reader()
        switch try reader.next() {
        case .line(let line): since = line.time
        case .gap: since = 0
        case nil: since = nil
        }
    }
}
