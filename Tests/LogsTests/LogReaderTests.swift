internal import Glibc
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Logs

@Suite struct LogReaderTests {
    /// Random batches of both streams, cut anywhere, over several segments.
    private func randomBench(_ seed: UInt64, ends: Bool) throws -> (
        bench: SpoolBench, lines: PerStream<[String]>
    ) {
        let bench = try SpoolBench(SpoolLimits(segmentBytes: 4_096, totalBytes: 1 << 20))
        var dice = Dice(state: seed), open = PerStream(both: ""), lines = PerStream(both: [String]())
        for index in 0..<400 {
            let stream: LogStream = Bool.random(using: &dice) ? .stdout : .stderr
            var batch = ""
            for _ in 0..<Int.random(in: 0...4, using: &dice) {
                batch +=
                    "\(stream) \(index) "
                    + String(repeating: "z", count: Int.random(in: 0...40, using: &dice))
                if Int.random(in: 0..<3, using: &dice) > 0 { batch += "\n" }
            }
            if batch.isEmpty { batch = "\n" }
            try bench.append(batch, stream, time: UInt64(index) * 10)
            let parts = (open[stream] + batch).split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init
            )
            lines[stream] += parts.dropLast()
            open[stream] = parts.last ?? ""
        }
        if ends {
            for stream in LogStream.allCases {
                try bench.append("", stream, time: 5_000, ends: true)
                if !open[stream].isEmpty { lines[stream].append(open[stream]) }
            }
        }
        return (bench, lines)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `every line comes once, in its stream's order, whatever the batches`(_ seed: UInt64) throws {
        let (bench, lines) = try randomBench(seed, ends: true)
        #expect(bench.spool.status.segments > 4)
        let events = try bench.events()
        #expect(events.allSatisfy { $0.gap == nil })
        for stream in LogStream.allCases {
            #expect(try bench.text(stream) == lines[stream])
            let numbers = events.compactMap(\.line).filter { $0.stream == stream }.map(\.sequence)
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(bench.spool.status.written.stdout.lines == UInt64(lines.stdout.count))
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>, [true, false])
    func `the tail is the end of the whole`(_ seed: UInt64, _ ends: Bool) throws {
        let (bench, _) = try randomBench(seed, ends: ends)
        for holds in [true, false] {
            let all = try bench.events(LogQuery(holdsUnfinished: holds))
            for count in [0, 1, 2, 3, 5, 10, 50, 100, 333, all.count - 1, all.count, all.count + 10] {
                let tail = try bench.events(LogQuery(.tail(count), holdsUnfinished: holds))
                #expect(tail == all.suffix(count), "tail \(count) of \(all.count)")
            }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a cursor goes on exactly where another reader stopped`(_ seed: UInt64) throws {
        let (bench, _) = try randomBench(seed, ends: true)
        let all = try bench.events(LogQuery(holdsUnfinished: true))
        var reader = try LogReader(bench.path, LogQuery(holdsUnfinished: true))
        for index in 0...all.count {
            if index % 7 == 0 || index > all.count - 5 {
                // Lines of the two streams may change places, when one of them waits for its end.
                let rest = try bench.events(LogQuery(.cursor(reader.cursor), holdsUnfinished: true))
                for stream in LogStream.allCases {
                    let left = all[index...].filter { $0.line?.stream == stream }
                    #expect(rest.filter { $0.line?.stream == stream } == Array(left))
                }
                #expect(rest.allSatisfy { $0.gap == nil })
            }
            _ = try reader.next()
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `since and until choose lines by the time of their beginning`(_ seed: UInt64) throws {
        let (bench, _) = try randomBench(seed, ends: true)
        let all = try bench.lines()
        for since in stride(from: UInt64(0), through: 4_100, by: 370) {
            let chosen = try bench.lines(LogQuery(since: since))
            #expect(chosen == all.filter { $0.time >= since })
            let tail = try bench.lines(LogQuery(.tail(7), since: since))
            #expect(tail == chosen.suffix(7))
            // A line that goes on behind the window is cut there.
            let window = try bench.lines(LogQuery(since: since, until: since + 500))
            let expected = all.filter { $0.time >= since && $0.time <= since + 500 }
            #expect(Set(window.map(\.sequence)) == Set(expected.map(\.sequence)))
            for count in [1, 4] {
                let last = try bench.lines(LogQuery(.tail(count), since: since, until: since + 500))
                #expect(last == window.suffix(count))
            }
        }
    }

    @Test func `the tail of a large spool reads only its end`() throws {
        let bench = try SpoolBench(SpoolLimits(segmentBytes: 1 << 20, totalBytes: 64 << 20))
        let batch = String(repeating: String(repeating: "x", count: 127) + "\n", count: 2_000)
        for _ in 0..<100 { try bench.append(batch) }
        try bench.append("last\n")
        let clock = ContinuousClock()
        var tail: [String] = []
        let took = try clock.measure { tail = try bench.text(.stdout, LogQuery(.tail(1))) }
        #expect(tail == ["last"])
        #expect(took < .milliseconds(200))
    }

    @Test func `several instances are merged by time`() throws {
        let web = try SpoolBench(), db = try SpoolBench(), idle = try SpoolBench()
        for index in 0..<100 {
            try web.append("web \(index)\n", time: UInt64(index * 20))
            try db.append("db \(index)\n", time: UInt64(index * 30 + 1))
        }
        try idle.append("")
        var merged = MergedLogReader()
        merged.add("web", try LogReader(web.path))
        merged.add("db", try LogReader(db.path))
        merged.add("idle", try LogReader(idle.path))
        var times: [UInt64] = [], count = 0
        while let item = try merged.next() {
            guard let line = item.event.line else { continue }
            #expect(line.text.hasPrefix(item.instance))
            times.append(line.time)
            count += 1
        }
        #expect(count == 200 && times == times.sorted())
    }

    @Test(arguments: [0, 1, 300, 1 << 20])
    func `runs of lines are what comes line by line, each of one instance and of a bounded size`(_ size: Int)
        throws
    {
        var benches: [SpoolBench] = []
        var dice = Dice(state: 77), merged = MergedLogReader(), single = MergedLogReader()
        for name in ["web", "db", "idle", "cache"] {
            let bench = try SpoolBench()
            var time = UInt64(1)
            for index in 0..<(name == "idle" ? 0 : 60) {
                // Many of them at one time, some batches long.
                time += UInt64.random(in: 0...2, using: &dice) / 2
                let count = Int.random(in: 1...4, using: &dice)
                try bench.append(String(repeating: "\(name) \(index)\n", count: count), time: time)
            }
            merged.add(name, try LogReader(bench.path))
            single.add(name, try LogReader(bench.path))
            benches.append(bench)
        }
        var found: [MergedLogReader.Item] = [], runs = 0
        while let run = try merged.nextRun(bytes: size) {
            runs += 1
            #expect(run.events.count <= 1 + size / 64)
            for event in run.events {
                let item = try #require(try single.next())
                #expect(item.instance == run.instance && item.event == event)
                found.append(item)
            }
        }
        #expect(try single.next() == nil)
        let times = found.compactMap(\.event.line?.time)
        #expect(times.count == found.count && times.count >= 180 && times == times.sorted())
        #expect(size > 300 ? runs < found.count / 2 : runs > 100)
    }

    @Test func `who had nothing yet is asked again before later lines of others`() throws {
        let web = try SpoolBench(), db = try SpoolBench()
        try db.append("")
        var merged = MergedLogReader()
        merged.add("web", try LogReader(web.path, LogQuery(holdsUnfinished: true)))
        merged.add("db", try LogReader(db.path, LogQuery(holdsUnfinished: true)))
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let second: UInt64 = 1_000_000_000, begin = UInt64(now.tv_sec) * second
        for round in 0..<5 {
            let time = begin + UInt64(round) * 10 * second + 10 * second
            // One batch is one run, for nothing can come in its midst.
            try web.append("w\nw\n", time: time)
            try web.append("w\n", time: time + 4 * second)
            let run = try #require(try merged.nextRun(bytes: 1 << 20))
            #expect(run.instance == "web" && run.events.count == 2)
            try db.append("d\n", time: time + 2 * second)
            #expect(try merged.nextRun(bytes: 1 << 20)?.instance == "db")
            #expect(try merged.nextRun(bytes: 1 << 20)?.instance == "web")
            #expect(try merged.nextRun(bytes: 1 << 20) == nil)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `who follows is woken by the writer, until the spool is finished`() async throws {
        let bench = try SpoolBench()
        try bench.append("before\n")
        var follower = LogFollower()
        follower.add("web", try LogReader(bench.path, LogQuery(holdsUnfinished: true)), spool: bench.spool)
        let spool = bench.spool
        let writer = Task.detached {
            let encoder = BlockEncoder(capacity: 64)
            for index in 0..<50 {
                try Array("\(index)\n".utf8).withUnsafeBytes {
                    try spool.append($0, from: .stdout, time: 2, with: encoder)
                }
                try await Task.sleep(for: .milliseconds(1))
            }
            spool.finish()
        }
        var lines: [String] = []
        while let item = try await follower.next() { lines += item.event.line.map { [$0.text] } ?? [] }
        try await writer.value
        #expect(lines == ["before"] + (0..<50).map(String.init))
    }

    @Test(.timeLimit(.minutes(1))) func `who follows from elsewhere looks again by itself`() async throws {
        let bench = try SpoolBench()
        var follower = LogFollower()
        follower.add("web", try LogReader(bench.path, LogQuery(holdsUnfinished: true)))
        try bench.append("a\n")
        #expect(try await follower.next()?.event.line?.text == "a")
        try bench.append("b\n")
        #expect(try await follower.next()?.event.line?.text == "b")
    }
}
