// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization
internal import Testing

@testable internal import Logs

/// What happens when a spool is full of what sinks have not taken.
@Suite struct SpoolPolicyTests {
    private let limits = SpoolLimits(segmentBytes: 4_096, totalBytes: 16_384)
    private let line = String(repeating: "x", count: 99) + "\n"

    /// Appends lines until none is kept any more; how many were kept.
    private func fill(_ bench: SpoolBench, _ stream: LogStream = .stdout) throws -> Int {
        for index in 0... {
            try bench.append(line, stream)
            if bench.spool.status.omitted[stream].full.lines > 0 { return index }
        }
        return 0
    }

    @Test func `new lines are left out, counted exactly and told in order once there is room`() throws {
        let bench = try SpoolBench(limits, .dropNew)
        bench.spool.release(upTo: 0)
        let kept = try fill(bench)
        #expect(kept > 80)
        let size = bench.spool.status.bytes
        for _ in 0..<500 { try bench.append(line + "two\n") }
        #expect(bench.spool.status.bytes <= size + 2 * 120)
        let left = bench.spool.status.omitted.stdout.full
        #expect(left == LineCount(lines: 1_001, bytes: 501 * 99 + 500 * 3))
        #expect(bench.spool.status.dropped.stdout.isZero)

        bench.spool.release(upTo: bench.spool.status.nextSequence - 1)
        try bench.append("back\n")
        #expect(bench.spool.status.omitted.stdout.full == left)
        let events = try bench.events()
        let gap = try #require(events.last { $0.gap?.cause == .full }?.gap)
        #expect(events.last?.line?.text == "back")
        let told = events.compactMap(\.gap).filter { $0.cause == .full }.reduce(LineCount()) {
            $0 + $1.lost.stdout
        }
        #expect(told == left)
        #expect(gap.next == events.last?.line?.sequence)
        #expect(bench.spool.position(of: .stdout).batch == UInt64(kept + 502))
    }

    @Test func `where a sink may be no further behind it is as if there were no room`() throws {
        for policy in SpoolPolicy.allCases {
            let bench = try SpoolBench(SpoolLimits(), policy)
            bench.spool.release(upTo: 0, ceiling: 1_000)
            for _ in 0..<11 { try bench.append(line) }
            let woken = Mutex(0)
            bench.spool.setRoomWaker { woken.withLock { $0 += 1 } }
            switch policy {
            case .dropOldest:
                try bench.append(line)
                #expect(bench.spool.status.written.stdout.lines == 12)
                continue
            case .dropNew:
                try bench.append(line)
                #expect(bench.spool.status.omitted.stdout.full == LineCount(lines: 1, bytes: 99))
            case .block:
                #expect(throws: SpoolFull.self) { try bench.append(line) }
                // The sink took something, but not enough.
                bench.spool.release(upTo: 0, ceiling: 1_001)
                #expect(woken.withLock { $0 } == 0)
            }
            bench.spool.release(upTo: 5, ceiling: 1_500)
            #expect(woken.withLock { $0 } == (policy == .block ? 1 : 0))
            try bench.append("back\n")
            #expect(bench.spool.status.written.stdout.bytes == 11 * 99 + 4)
        }
    }

    @Test func `without sinks that hold anything the oldest go`() throws {
        for policy in SpoolPolicy.allCases {
            let bench = try SpoolBench(limits, policy)
            for _ in 0..<1_000 { try bench.append(line) }
            #expect(bench.spool.status.omitted.stdout == Omissions())
            #expect(bench.spool.status.dropped.stdout.lines > 800)
            bench.spool.release(upTo: 0)
            bench.spool.releaseAll()
            for _ in 0..<1_000 { try bench.append(line) }
            #expect(bench.spool.status.dropped.stdout.lines > 1_800)
        }
    }

    @Test func `a line that is cut, and the rest of one, are no lines of their own`() throws {
        var bench = try SpoolBench(limits, .dropNew)
        bench.spool.release(upTo: 0)
        for _ in 0..<38 { try bench.append(line, .stderr) }
        while bench.spool.status.bytes < 16_000 { try bench.append("begun \(line)".dropLast() + "") }
        // The line has no end yet; its rest comes while there is no room, and the half of another with it.
        try bench.append(String(repeating: "y", count: 300) + "\nleft out\nhalf")
        #expect(bench.spool.status.omitted.stdout.full == LineCount(lines: 2, bytes: 300 + 8 + 4))
        try bench.append(" of it")
        #expect(bench.spool.status.omitted.stdout.full == LineCount(lines: 2, bytes: 318))
        // A writer that comes after a death goes on with that.
        let path = bench.path
        bench.spool = try SpoolBench(limits).spool
        bench.spool = try Spool(path, limits: limits, policy: .dropNew)
        bench.spool.release(upTo: bench.spool.status.nextSequence)
        try bench.append(" is no line\nback\n")
        let omitted = bench.spool.status.omitted.stdout.full
        #expect(omitted == LineCount(lines: 2, bytes: 329))
        let lines = try bench.lines().filter { $0.stream == .stdout }
        #expect(lines.map(\.text).suffix(1) == ["back"])
        #expect(lines.count == 2 && lines[0].partial && !lines[1].partial)
        // What was written is what a reader counts.
        var reader = try LogReader(path)
        while try reader.next() != nil {}
        #expect(reader.cursor.places.stdout.passed == bench.spool.status.written.stdout)
    }

    @Test func `counts survive a death at any byte of the blocks that take each other's place`() throws {
        var bench = try SpoolBench(limits, .dropNew)
        bench.spool.release(upTo: 0)
        let kept = try fill(bench)
        let path = bench.path
        for tear in 0...120 {
            let before = bench.spool.position(of: .stdout)
            bench.spool.setFault { _ in .tears(after: tear) }
            #expect(throws: Killed.self) { try bench.append("torn\n") }
            bench.spool = try SpoolBench(limits).spool
            bench.spool = try Spool(path, limits: limits, policy: .dropNew)
            bench.spool.release(upTo: 0)
            let after = bench.spool.position(of: .stdout)
            // All of it or nothing.
            if tear == 120 {
                #expect(after.batch == before.batch + 1)
            } else if after.batch == before.batch {
                #expect(after.omitted == before.omitted)
                try bench.append("torn\n")
            }
            #expect(bench.spool.position(of: .stdout).batch == before.batch + 1)
            #expect(bench.spool.position(of: .stdout).omitted.full.lines == before.omitted.full.lines + 1)
        }
        #expect(bench.spool.status.omitted.stdout.full.lines == 122)
        #expect(try bench.lines().count == kept)
    }

    @Test func `what was left out is told once, across segments and readers`() throws {
        let bench = try SpoolBench(SpoolLimits(segmentBytes: 4_096, totalBytes: 1 << 20))
        var omitted = Omissions(), told = LineCount(), cursor = LogCursor.beginning, texts: [String] = []
        for index in 0..<600 {
            let text = "line \(index)\n"
            var more = Omissions()
            if index % 3 == 0 { more.rateLimited = LineCount(lines: 2, bytes: 7) }
            omitted = omitted + more
            try Array(text.utf8).withUnsafeBytes {
                try bench.spool.append(
                    $0,
                    from: .stdout,
                    time: 1,
                    omitting: more,
                    with: bench.encoder
                )
            }
            if index % 7 == 0 || index == 599 {
                var reader = try LogReader(bench.path, LogQuery(.cursor(cursor), holdsUnfinished: true))
                while let event = try reader.next() {
                    if let gap = event.gap, gap.cause == .rateLimited { told = told + gap.lost.stdout }
                    if let line = event.line { texts.append(line.text) }
                }
                cursor = reader.cursor
            }
        }
        #expect(bench.spool.status.segments > 2)
        #expect(told == LineCount(lines: 2 * 200, bytes: 7 * 200) && told == omitted.rateLimited)
        #expect(texts.count == 600)
        // One that only looks at the end is not told of what was before.
        #expect(try bench.events(LogQuery(.tail(1))).count == 1)
        #expect(try bench.events().compactMap(\.gap).reduce(LineCount()) { $0 + $1.lost.stdout } == told)
    }

    @Test func `a full disk takes the oldest lines of the same spool, and waits once there are none`() throws
    {
        let bench = try SpoolBench(limits)
        while bench.spool.status.segments < 3 { try bench.append(line) }
        let failures = Failures(2)
        bench.spool.setFault { _ in failures.next() ? .fails(errno: ENOSPC, after: 10) : nil }
        let bytes = Array("more\n".utf8)
        var reclaimed = 0
        try bytes.withUnsafeBytes {
            try bench.spool.append($0, from: .stdout, time: 1, with: bench.encoder) { reclaimed += $0 }
        }
        #expect(reclaimed > 4_000 && bench.spool.status.segments == 1)
        #expect(try bench.text().last == "more")
        bench.spool.setFault { _ in .fails(errno: ENOSPC, after: 10) }
        #expect(throws: LogError.self) { try bench.append("stays\n") }
        bench.spool.setFault(nil)
        try bench.append("stays\n")
        #expect(try bench.text().suffix(2) == ["more", "stays"])
    }

    @Test func `the largest spool of a node gives first`() throws {
        let pool = SpoolPool(bytes: 20_000)
        let many = SpoolLimits(segmentBytes: 4_096, totalBytes: 1 << 20)
        let small = try SpoolBench(many, pool: pool), large = try SpoolBench(many, pool: pool)
        for _ in 0..<60 { try small.append(line) }
        for _ in 0..<1_000 { try large.append(line) }
        #expect(small.spool.status.dropped.stdout.isZero)
        #expect(large.spool.status.dropped.stdout.lines > 700)
        #expect(pool.bytes <= 20_000 + 2 * 4_096)
        pool.setLimit(8_192)
        #expect(small.spool.status.segments == 1 && large.spool.status.segments == 1)
        // None can give what its sinks need: then those are full whose policy is to keep it.
        let kept = try SpoolBench(many, .dropNew, pool: pool)
        kept.spool.release(upTo: 0)
        for _ in 0..<200 { try kept.append(line) }
        #expect(kept.spool.status.omitted.stdout.full.lines > 80)
        #expect(kept.spool.status.dropped.stdout.isZero)
    }

    @Test func `what is too old goes, and the counts stay`() throws {
        var bench = try SpoolBench(limits)
        for index in 0..<60 { try bench.append(line, time: UInt64(index)) }
        #expect(bench.spool.status.segments == 3)
        #expect(try bench.spool.expire(before: 10, now: 100) == 0)
        #expect(try bench.spool.expire(before: 59, now: 100) > 4_000)
        #expect(bench.spool.status.segments == 1)
        #expect(try bench.spool.expire(before: 60, now: 100) > 0)
        #expect(try bench.lines() == [] && bench.spool.status.dropped.stdout.lines == 60)
        let path = bench.path
        bench.spool = try SpoolBench(limits).spool
        bench.spool = try Spool(path, limits: limits)
        #expect(bench.spool.status.nextSequence == 61 && bench.spool.status.written.stdout.lines == 60)
        try bench.append("new\n", time: 200)
        #expect(try bench.text() == ["new"])
    }
}

/// Says yes so many times.
private final class Failures: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }
    func next() -> Bool {
        left.withLock { left in
            defer { left -= 1 }
            return left > 0
        }
    }
}
