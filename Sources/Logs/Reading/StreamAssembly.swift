// SPDX-License-Identifier: Apache-2.0

/// Joins the records of one stream to lines, and keeps count of what has gone by.
struct StreamAssembly: Sendable {
    /// What becomes of a line whose beginning was not read.
    enum Headless: Sendable { case no, given, skipped }

    private struct Piece {
        var time: UInt64
        var sequence: UInt64
        var next: UInt64
        var bytes: [UInt8]
    }

    let stream: LogStream
    /// Behind the last completed line.
    private(set) var place: LogCursor.Place
    private(set) var headless = Headless.no
    private(set) var ended = false
    private var pending: Piece?
    /// What was left out up to here, and was told.
    private(set) var omitted = Omissions()
    /// Whether what the first table says was left out before this reader began, and is not told.
    private var isNewHere: Bool

    init(_ stream: LogStream, at place: LogCursor.Place) {
        self.stream = stream
        self.place = place
        omitted = place.omitted ?? Omissions()
        isNewHere = place.omitted == nil
    }

    var isPending: Bool { pending != nil }

    /// Everything that was read, the waiting piece included.
    var seen: LineCount { place.passed + LineCount(bytes: UInt64(pending?.bytes.count ?? 0)) }

    /// The line that this record completes, if it does and its beginning is not to be skipped.
    mutating func add(_ record: RecordSlice, of body: borrowing [UInt8], time: UInt64, sequence: UInt64)
        -> LogLine?
    {
        guard sequence >= place.next else {
            // Before the place to begin at, which is the beginning of a line.
            headless = .no
            return nil
        }
        var piece: Piece
        if let waiting = pending.take() {
            piece = waiting
            piece.bytes += body[record.bytes]
            piece.next = sequence + 1
        } else {
            piece = Piece(
                time: time,
                sequence: sequence,
                next: sequence + 1,
                bytes: Array(body[record.bytes])
            )
        }
        if record.isUnterminated {
            pending = piece
            return nil
        }
        return complete(piece, partial: record.isCut)
    }

    /// Gives up waiting: what there is of the line is all that will come.
    mutating func flush(partial: Bool) -> LogLine? {
        guard let piece = pending.take() else { return nil }
        return complete(piece, partial: partial)
    }

    /// Passes over a block that is not wanted, or that nobody can read.
    mutating func pass(_ block: BlockHeader, headless: Headless) {
        ended = block.endsStream
        self.headless = block.open > 0 ? headless : .no
        guard block.nextSequence > place.next else { return }
        place = .init(next: block.nextSequence, passed: place.passed + block.count)
    }

    /// A block was read to its end.
    mutating func finish(_ block: BlockHeader) -> LogLine? {
        ended = block.endsStream
        return ended ? flush(partial: false) : nil
    }

    /// The rest of the line that is open was left out.
    mutating func cut() -> LogLine? {
        if pending == nil {
            headless = .no
            place.passed.lines &+= 1
        }
        return flush(partial: true)
    }

    /// Takes note of a table; what it says beyond the one before.
    ///
    /// `isOld` is one at the beginning of a segment: it repeats what was left out before.
    mutating func note(_ table: Omissions, isOld: Bool, isTold: Bool) -> [(LossCause, LineCount)] {
        let before = omitted
        omitted = omitted.merged(table)
        defer { isNewHere = false }
        guard isTold, !(isOld && isNewHere) else { return [] }
        return LossCause.allCases.compactMap { cause in
            let more = omitted[cause].beyond(before[cause])
            return more.isZero ? nil : (cause, more)
        }
    }

    /// Goes on at the beginning of a segment, whatever came before.
    mutating func jump(to next: UInt64, _ state: StreamState, headless: Headless) {
        place = .init(next: next, passed: state.written)
        self.headless = state.open > 0 ? headless : .no
    }

    mutating func begin(behind state: StreamState) { headless = state.open > 0 ? .skipped : .no }

    private mutating func complete(_ piece: Piece, partial: Bool) -> LogLine? {
        let isWhole = headless == .no, isSkipped = headless == .skipped
        headless = .no
        place = .init(
            next: piece.next,
            passed: place.passed + LineCount(lines: 1, bytes: UInt64(piece.bytes.count))
        )
        guard !isSkipped else { return nil }
        return LogLine(
            time: piece.time,
            sequence: piece.sequence,
            stream: stream,
            partial: partial || !isWhole,
            bytes: piece.bytes
        )
    }
}
