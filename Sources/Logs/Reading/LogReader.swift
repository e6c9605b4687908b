// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Reads one instance's spool, in this process or another, while it is being written or after.
///
/// Only whole, intact blocks are seen. A reader needs no lock; what is dropped under it becomes a `LogGap` with the
/// exact counts.
public struct LogReader: Sendable {
    private let folder: SpoolFolder
    private let query: LogQuery
    private var assemblies: PerStream<StreamAssembly>
    private var scan: BlockScan?
    /// The first sequence number of the segment being read.
    private var segment: UInt64?
    /// The block being read: its records from `offset` on are still to come.
    private var block: BlockHeader?
    private var body: [UInt8] = []
    private var offset = 0
    /// The sequence number of the next record.
    private var position: UInt64 = 0
    private var events: [LogEvent] = []
    /// Lines to leave out before the first that is given, see `TailPlan`.
    private var surplus = 0
    private var isDamaged = false
    /// Nothing comes any more.
    private(set) var isFinished = false
    /// The first segment of a reader that does not begin where the log does has no gap before it.
    private var reportsFirstGap: Bool

    /// A reader of the spool in a folder.
    public init(_ path: String, _ query: LogQuery = LogQuery()) throws(LogError) {
        folder = try attempt(.read, path) { () throws(LinuxError) in try SpoolFolder(opening: path) }
        self.query = query
        var cursor = LogCursor.beginning
        var first: UInt64?
        reportsFirstGap = false
        let segments = try attempt(.read, path) { [folder] () throws(LinuxError) in try folder.segments() }
        switch query.start {
        case .beginning:
            reportsFirstGap = query.since == 0
            if query.since > 0 {
                first = try attempt(.read, path) { [folder] () throws(LinuxError) in
                    try Self.segment(before: query.since, of: segments, in: folder)
                }
            }
        case .cursor(let given):
            cursor = given
            reportsFirstGap = true
            let next = min(given.places.stdout.next, given.places.stderr.next)
            first = segments.last { $0 <= next }
        case .tail(let count):
            let plan = try attempt(.read, path) { [folder] () throws(LinuxError) in
                try TailPlan(max(0, count), query, segments, in: folder)
            }
            cursor = plan.cursor
            surplus = plan.surplus
            first = plan.segment
        }
        assemblies = PerStream(
            stdout: StreamAssembly(.stdout, at: cursor.places.stdout),
            stderr: StreamAssembly(.stderr, at: cursor.places.stderr)
        )
        if let first { try attempt(.read, path) { () throws(LinuxError) in _ = try enter(first) } }
    }

    /// The next line or gap, or nil when there is none yet.
    public mutating func next() throws(LogError) -> LogEvent? {
        do throws(LinuxError) { return try advance() } catch { throw LogError(.read, folder.path, error) }
    }

    /// Whether the next event was found with the last one, so that `cursor` is behind both: do not stop between them.
    public var isMidway: Bool { !events.isEmpty }

    /// Where a later reader goes on after the last event given.
    public var cursor: LogCursor {
        func place(_ assembly: StreamAssembly) -> LogCursor.Place {
            var place = assembly.place
            place.omitted = assembly.omitted
            // A stream without a waiting piece is not held at its last line, which may be long ago.
            if !assembly.isPending { place.next = max(place.next, position) }
            return place
        }
        return LogCursor(
            places: PerStream(stdout: place(assemblies.stdout), stderr: place(assemblies.stderr))
        )
    }

    /// Which streams' ends were read.
    public var ended: PerStream<Bool> {
        PerStream(stdout: assemblies.stdout.ended, stderr: assemblies.stderr.ended)
    }

    private mutating func advance() throws(LinuxError) -> LogEvent? {
        while true {
            if !events.isEmpty { return events.removeFirst() }
            if let line = nextInBlock() {
                if surplus == 0 { return .line(line) }
                surplus -= 1
                continue
            }
            if !events.isEmpty { continue }
            guard !isFinished, try findBlock() else { return nil }
        }
    }

    /// The next line of the block being read; nil at its end.
    private mutating func nextInBlock() -> LogLine? {
        while let header = block {
            guard let record = RecordSlice(body, at: offset) else {
                block = nil
                body = []  // many readers wait at their ends
                position = max(position, header.nextSequence)
                return assemblies[header.stream].finish(header)
            }
            offset = record.bytes.upperBound
            defer { position += 1 }
            if let line = assemblies[header.stream].add(
                record,
                of: body,
                time: header.time,
                sequence: position
            ) {
                return line
            }
        }
        return nil
    }

    /// Goes to the next block that has something to give; false when there is none yet.
    private mutating func findBlock() throws(LinuxError) -> Bool {
        guard let found = try scan?.peek() else { return try enterNext() }
        switch found {
        case .damage:
            isDamaged = true
            giveUpPieces()
        case .end:
            return try enterNext()
        case .block(let header):
            try take(header)
        }
        return true
    }

    private mutating func take(_ header: BlockHeader) throws(LinuxError) {
        let stream = header.stream
        if isDamaged {
            isDamaged = false
            // What the damaged bytes held is counted when the next segment begins.
            events.append(.gap(LogGap(next: header.firstSequence, lost: PerStream(both: LineCount()))))
        }
        if header.records > 0, header.nextSequence <= assemblies[stream].place.next {
            if header.hasTable { note(try scan?.body(of: header), of: header, isTold: false) }
            pass(header)
            return assemblies[stream].pass(header, headless: .skipped)
        }
        guard query.contains(header.time) else {
            if header.hasTable { note(try scan?.body(of: header), of: header, isTold: false) }
            pass(header)
            give(assemblies[stream].flush(partial: true))
            return assemblies[stream].pass(header, headless: .skipped)
        }
        if let found = try scan?.body(of: header) {
            block = header
            body = found
            offset = header.recordsOffset
            position = header.firstSequence
            scan?.pass(header)
            if header.cuts { give(assemblies[stream].cut()) }
            if header.hasTable { note(found, of: header, isTold: true) }
            return
        }
        // The block may have been replaced since its header was read.
        scan?.forget()
        guard try scan?.peek() == .block(header) else { return }
        pass(header)
        give(assemblies[stream].flush(partial: true))
        var lost = PerStream(both: LineCount())
        lost[stream] = header.count
        events.append(.gap(LogGap(next: header.nextSequence, lost: lost)))
        assemblies[stream].pass(header, headless: .given)
    }

    /// Tells what a block's table says was left out since the table before.
    private mutating func note(_ body: [UInt8]?, of header: BlockHeader, isTold: Bool) {
        guard let table = body.flatMap({ Omissions($0) }) else { return }
        let before = scan?.file.header?.streams[header.stream].batch
        let isOld = before.map { header.batch <= $0 } ?? false
        for (cause, count) in assemblies[header.stream].note(table, isOld: isOld, isTold: isTold) {
            var lost = PerStream(both: LineCount())
            lost[header.stream] = count
            events.append(.gap(LogGap(next: header.firstSequence, lost: lost, cause: cause)))
        }
    }

    private mutating func pass(_ header: BlockHeader) {
        scan?.pass(header)
        position = max(position, header.nextSequence)
    }

    private mutating func give(_ line: LogLine?) {
        guard let line else { return }
        if surplus > 0 { surplus -= 1 } else { events.append(.line(line)) }
    }

    private mutating func giveUpPieces() {
        give(assemblies.stdout.flush(partial: true))
        give(assemblies.stderr.flush(partial: true))
    }

    // MARK: Segments

    /// Goes to the next segment; false when there is none and everything was given.
    private mutating func enterNext() throws(LinuxError) -> Bool {
        let following = try folder.segments().first { candidate in segment.map { candidate > $0 } ?? true }
        if let following {
            // The current segment may have grown before the next was made.
            if let scan, try scan.isBehind() { return true }
            return try enter(following)
        }
        if query.holdsUnfinished { return false }
        isFinished = true
        giveUpPieces()
        return true
    }

    /// Begins a segment; false when it is not there yet.
    private mutating func enter(_ first: UInt64) throws(LinuxError) -> Bool {
        let descriptor: Descriptor
        do throws(LinuxError) { descriptor = try folder.open(first) } catch {
            // Dropped since it was listed: the next one tells what was lost.
            guard error.errno == ENOENT else { throw error }
            return true
        }
        let file = try SegmentFile(descriptor, firstSequence: first)
        if file.header == nil, try file.size() <= SegmentHeader.size {
            guard try folder.segments().contains(where: { $0 > first }) else { return false }
        }
        let isFirst = segment == nil
        segment = first
        scan = BlockScan(file)
        guard let header = file.header else { return true }
        if isFirst, !reportsFirstGap {
            for stream in LogStream.allCases {
                if assemblies[stream].place.next <= first {
                    assemblies[stream].jump(to: first, header.streams[stream], headless: .skipped)
                } else {
                    assemblies[stream].begin(behind: header.streams[stream])
                }
            }
        } else {
            passGap(before: header, isFirst: isFirst)
        }
        position = max(position, first)
        return true
    }

    /// Compares what was seen with what the writer had written when it began the segment.
    private mutating func passGap(before header: SegmentHeader, isFirst: Bool) {
        func lost(_ stream: LogStream) -> LineCount {
            header.streams[stream].written.beyond(assemblies[stream].seen)
        }
        for stream in LogStream.allCases {
            if !lost(stream).isZero {
                give(assemblies[stream].flush(partial: true))
            } else if isFirst {
                assemblies[stream].begin(behind: header.streams[stream])
            }
        }
        let losses = PerStream(stdout: lost(.stdout), stderr: lost(.stderr))
        guard !losses.stdout.isZero || !losses.stderr.isZero else { return }
        for stream in LogStream.allCases where !losses[stream].isZero {
            assemblies[stream].jump(
                to: max(assemblies[stream].place.next, header.firstSequence),
                header.streams[stream],
                headless: .given
            )
        }
        events.append(.gap(LogGap(next: header.firstSequence, lost: losses)))
    }

    /// The newest segment that began before a time.
    private static func segment(
        before time: UInt64,
        of segments: [UInt64],
        in folder: SpoolFolder
    ) throws(LinuxError) -> UInt64? {
        for first in segments.reversed() {
            let file = try SegmentFile(try folder.open(first), firstSequence: first)
            if let header = file.header, header.time < time { return first }
        }
        return segments.first
    }
}
