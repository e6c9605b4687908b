// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Glibc
internal import TestKit
internal import Testing

/// Compared with Python's own time zones, walked minute by minute.
@Suite(.enabled(if: hasZones && hasPython, "install python3 and tzdata")) struct OccurrenceTests {
    private static let schedules = [
        "15 3 * * *", "30 2 * * *", "*/7 1-3 * * *", "0 * * * *", "59 1-3 * * *", "0 0 * * *",
        "45 23 29-31 * *",
        "5 0 1 * mon", "10 2 * 3,10 sun", "0 12 29 2 *", "1,31 */2 */3 * *",
    ]

    /// First what is skipped is due, at the first moment after it; then what the minute says, unless it was there
    /// before.
    private static let oracle = """
        import sys
        from datetime import datetime, timedelta, timezone
        from zoneinfo import ZoneInfo
        NAMES = {n: i for i, n in enumerate("sun mon tue wed thu fri sat".split())}
        def field(text, low, high):
            out = set()
            for item in text.split(","):
                body, _, step = item.partition("/")
                if body == "*": a, b = low, high
                else:
                    ends = [NAMES.get(e, None) if e in NAMES else int(e) for e in body.split("-")]
                    a, b = ends[0], ends[-1]
                out |= set(range(a, b + 1, int(step or 1)))
            return out
        class Cron:
            def __init__(self, text):
                f = text.split()
                self.m, self.h, self.d = field(f[0], 0, 59), field(f[1], 0, 23), field(f[2], 1, 31)
                self.mo, self.w = field(f[3], 1, 12), field(f[4], 0, 6)
                self.both = f[2][0] == "*" or f[4][0] == "*"
            def due(self, t):
                if t.month not in self.mo: return False
                d, w = t.day in self.d, (t.weekday() + 1) % 7 in self.w
                return (d and w) if self.both else (d or w)
        zone, start, end = ZoneInfo(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
        crons = [Cron(text) for text in sys.argv[4:]]
        found = [[] for _ in crons]
        table = [[] for _ in range(1440)]
        for i, cron in enumerate(crons):
            for h in cron.h:
                for m in cron.m: table[h * 60 + m].append(i)
        minute, before = timedelta(minutes=1), None
        for t in range(start - 60, end, 60):
            local = datetime.fromtimestamp(t, zone)
            naive = local.replace(tzinfo=None, fold=0)
            times = [] if local.fold else [naive]
            if before is not None and naive - before > minute:
                skipped = before + minute
                while skipped < naive: times.append(skipped); skipped += minute
            before = naive
            if t < start: continue
            for i in {i for x in times for i in table[x.hour * 60 + x.minute] if crons[i].due(x)}:
                found[i].append(t)
        for out in found: print(*out)
        """

    @Test(
        arguments: [
            // Zone, first second, days: with both changes of a year, and what is special there.
            ("Europe/Berlin", 1_767_225_600, 366), ("America/New_York", 1_704_067_200, 366),
            ("Australia/Lord_Howe", 1_767_225_600, 366), ("Pacific/Apia", 1_317_427_200, 200),
            ("Asia/Kathmandu", 504_921_600, 60), ("Africa/Casablanca", 1_767_225_600, 366),
            ("America/St_Johns", 1_293_840_000, 366), ("Europe/Dublin", 2_524_608_000, 366),
        ] as [(String, Int64, Int64)]
    )
    func `every minute of years is due as it is by a walk`(_ name: String, _ start: Int64, _ days: Int64)
        throws
    {
        let zone = try Zone.here(name)
        let end = start + days * 86_400
        let script = "/var/tmp/martlet-oracle-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).py"
        defer { unlink(script) }
        let words = Self.schedules.map { "'\($0)'" }.joined(separator: " ")
        let output = try Shell.run(
            "cat >\(script) <<'END'\n\(Self.oracle)\nEND\npython3 \(script) \(name) \(start) \(end) \(words)"
        )
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        for (text, line) in zip(Self.schedules, lines) {
            let expected = line.split(separator: " ").compactMap { Int64($0) }
            let schedule = try CronSchedule(text)
            var found: [Int64] = []
            var moment = start - 1
            while let next = schedule.next(after: moment, in: zone), next < end {
                found.append(next)
                moment = next
            }
            #expect(found == expected, "\(name) \(text)")
            // Backwards from anywhere it is the same.
            for index in stride(from: 1, to: found.count, by: 97) {
                #expect(schedule.last(after: start - 1, upTo: found[index], in: zone) == found[index])
                #expect(schedule.last(after: start - 1, upTo: found[index] - 1, in: zone) == found[index - 1])
            }
        }
        #expect(lines.count >= Self.schedules.count)
    }
}

let hasPython = (try? Shell.run("python3 -c 'import zoneinfo'")) != nil
