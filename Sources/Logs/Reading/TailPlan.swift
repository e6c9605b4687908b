// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Where to begin so that the last so many lines come out: found from block headers alone, newest segments first.
struct TailPlan {
    private(set) var segment: UInt64?
    private(set) var cursor = LogCursor.beginning
    /// Lines that come out before the wanted ones.
    private(set) var surplus = 0

    /// The reader's state before a block, and the lines that the block gives.
    private struct Mark {
        var segment: UInt64
        var places: PerStream<LogCursor.Place>
        var lines: Int
        /// A line may go on here that began before what was looked at.
        var isCut: Bool
    }

    /// One stream as the reader would see it.
    private struct Shadow {
        var passed: LineCount
        var headless: Bool
        /// The line without beginning began before the first segment that was looked at.
        var isCut: Bool
        /// The first record of the line that waits for its end.
        var head: LogCursor.Place?

        /// The lines that a block gives.
        mutating func take(_ block: BlockHeader, wanted: Bool) -> Int {
            let before = passed
            passed = passed + block.count
            if block.lines > 0 { isCut = false }
            guard wanted else {
                isCut = false
                defer { head = nil }
                headless = block.open > 0
                return head == nil ? 0 : 1
            }
            var lines = Int(block.lines)
            if headless, lines > 0 {
                headless = false
                lines -= 1
            }
            if block.open == 0 {
                head = nil
            } else if block.lines > 0 || (head == nil && !headless) {
                // The unterminated record is the last of its block.
                let total = before + block.count
                head = .init(
                    next: block.nextSequence - 1,
                    passed: LineCount(
                        lines: total.lines,
                        bytes: total.bytes - min(total.bytes, UInt64(block.open))
                    )
                )
            }
            return lines
        }
    }

    init(_ count: Int, _ query: LogQuery, _ segments: [UInt64], in folder: SpoolFolder) throws(LinuxError) {
        var taken = 1
        while !segments.isEmpty {
            let newest = segments.suffix(taken)
            let (marks, unfinished, start, end) = try Self.walk(newest, query, in: folder)
            let enough = choose(count, marks, unfinished, end)
            if enough || taken >= segments.count || start < query.since { return }
            taken *= 2
        }
    }

    /// Begins at the last block that has the wanted lines behind it; false when more segments are to be looked at.
    private mutating func choose(_ count: Int, _ marks: [Mark], _ unfinished: Int, _ end: Mark) -> Bool {
        var lines = unfinished
        var chosen = end
        for mark in marks.reversed() where lines < count {
            lines += mark.lines
            chosen = mark
        }
        surplus = max(0, lines - count)
        cursor = LogCursor(places: chosen.places)
        // A line that began earlier is read from its beginning.
        let next = min(chosen.places.stdout.next, chosen.places.stderr.next)
        segment = marks.last { $0.segment <= next }?.segment ?? chosen.segment
        return lines >= count && !chosen.isCut
    }

    private static func walk(
        _ segments: ArraySlice<UInt64>,
        _ query: LogQuery,
        in folder: SpoolFolder
    ) throws(LinuxError) -> (marks: [Mark], unfinished: Int, start: UInt64, end: Mark) {
        var marks: [Mark] = []
        var shadows = PerStream(both: Shadow(passed: LineCount(), headless: false, isCut: false, head: nil))
        var start: UInt64?
        var position = segments.first ?? 0
        var current = position
        func mark(_ lines: Int) -> Mark {
            func place(_ shadow: Shadow) -> LogCursor.Place {
                shadow.head ?? .init(next: position, passed: shadow.passed)
            }
            return Mark(
                segment: current,
                places: PerStream(stdout: place(shadows.stdout), stderr: place(shadows.stderr)),
                lines: lines,
                isCut: shadows.stdout.isCut || shadows.stderr.isCut
            )
        }
        for first in segments {
            let file: SegmentFile
            do throws(LinuxError) {
                file = try SegmentFile(try folder.open(first), firstSequence: first)
            } catch {
                guard error.errno == ENOENT else { throw error }
                continue
            }
            current = first
            if start == nil {
                start = file.header?.time ?? 0
                for stream in LogStream.allCases {
                    guard let state = file.header?.streams[stream] else { continue }
                    let isOpen = state.open > 0
                    shadows[stream] = Shadow(
                        passed: state.written,
                        headless: isOpen,
                        isCut: isOpen,
                        head: nil
                    )
                }
            }
            var scan = BlockScan(file)
            walking: while true {
                switch try scan.peek() {
                case .end: break walking
                case .damage: continue
                case .block(let header):
                    position = header.firstSequence
                    var before = mark(0)
                    before.lines = shadows[header.stream].take(header, wanted: query.contains(header.time))
                    marks.append(before)
                    position = header.nextSequence
                    scan.pass(header)
                }
            }
        }
        var unfinished = 0
        if !query.holdsUnfinished {
            for stream in LogStream.allCases where shadows[stream].head != nil { unfinished += 1 }
        }
        return (marks, unfinished, start ?? 0, mark(0))
    }
}
