// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Testing

@testable internal import Command
@testable internal import martlet

@Suite struct LayoutTests {
    @Test(
        arguments: [
            ("abc", 3), ("", 0), ("ü", 1), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("🐦", 2), ("👩‍👩‍👧", 2),
            ("✓", 1),
            ("❤\u{fe0f}", 2), ("ＡＢ", 4), ("\u{200b}", 0),
        ]
    )
    func `a text takes as many columns as a terminal shows`(_ text: String, _ width: Int) {
        #expect(text.displayWidth == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("a", 0, ""),
    ])
    func `what does not fit is cut, and the cut is seen`(_ text: String, _ columns: Int, _ expected: String) {
        #expect(text.fitted(to: columns) == expected)
        #expect(text.fitted(to: columns).displayWidth <= columns)
    }

    @Test func `columns are aligned by width, and cells are harmless`() {
        var table = Table("NAME", " SIZE", "NOTE")
        table.add("日本", "5", "")
        table.add("a\u{1b}[31m", "1234567", "x\ny\tz")
        #expect(
            table.lines == [
                "NAME          SIZE  NOTE",
                "日本             5  -",
                #"a\x1b[31m  1234567  x y z"#,
            ]
        )
    }

    @Test func `volumes are listed with what holds for them`() {
        var kept = VolumeStatus(app: "shop", name: "data")
        (kept.store, kept.guarantee, kept.state, kept.sequence) = ("files", "fork-preserving", "released", 7)
        #expect(
            VolumeStatus.table([kept, VolumeStatus(app: "shop", name: "cache")], now: 0).lines == [
                "VOLUME      STORE  GUARANTEE        STATE     VERSION  COMMITTED  AT RISK  REASON",
                "shop/data   files  fork-preserving  released        7          -        -  -",
                "shop/cache  -      node             local           -          -        -  -",
            ]
        )
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (10_240, "10.0 KiB"),
            (102_400, "100 KiB"), (1_048_575, "1.00 MiB"), (134_217_728, "128 MiB"), (.max, "16.0 EiB"),
        ] as [(UInt64, String)]
    )
    func `sizes have three digits`(_ bytes: UInt64, _ expected: String) {
        #expect(Spelling.size(bytes) == expected)
    }

    @Test(arguments: [
        (0.0, 1, "0.0"), (0.05, 1, "0.1"), (12.345, 2, "12.35"), (-0.01, 1, "0.0"), (-2.5, 1, "-2.5"),
        (99.6, 0, "100"), (.nan, 1, "-"), (.infinity, 1, "-"), (1e300, 1, "-"),
    ])
    func `decimals are rounded`(_ value: Double, _ places: Int, _ expected: String) {
        #expect(Spelling.decimal(value, places: places) == expected)
    }

    @Test(
        arguments: [
            (-5, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (86_400, "1d"),
            (400 * 86_400, "400d"),
        ] as [(Int64, String)]
    )
    func `ages have one unit`(_ seconds: Int64, _ expected: String) {
        #expect(Spelling.age(seconds: seconds) == expected)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-24T02:17:41.123Z", 1_795_486_661), ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("1970-01-01", nil), ("1970-13-01T00:00:00Z", nil), ("1970-01-01T00:00:00+01:00", nil),
            ("1970-01-01T00:00:00.Z", nil), ("1970-01-01T00:00:0xZ", nil), ("", nil),
            ("2026-11-24T02:17:41.\(String(repeating: "1", count: 100))Z", nil),
        ] as [(String, Int64?)]
    )
    func `times are read as the agent writes them`(_ text: String, _ seconds: Int64?) {
        #expect(Timestamp(text)?.seconds == seconds)
    }

    @Test(
        arguments: [
            ("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800), ("0s", 0), ("", nil), ("5", nil),
            ("m", nil), ("5x", nil), ("-5m", nil), ("99999999999999999999s", nil), ("1h30", nil),
        ] as [(String, Int64?)]
    )
    func `a time on the command line has a unit`(_ text: String, _ seconds: Int64?) {
        #expect(TimeSpan(argument: text)?.seconds == seconds)
    }

    @Test(
        arguments: [
            ("a", "a", nil, nil), ("a/b", "a", "b", nil), ("a/b/3", "a", "b", 3),
        ] as [(String, String, String?, Int?)]
    )
    func `a target has up to three parts`(_ text: String, _ app: String, _ service: String?, _ instance: Int?)
        throws
    {
        let target = try #require(Target(argument: text))
        #expect(target.app == app && target.service == service && target.instance == instance)
        #expect("\(target)" == text)
    }

    @Test(arguments: ["", "/", "a/", "/b", "a//1", "a/b/0", "a/b/-1", "a/b/x", "a/b/1/2"])
    func `what is no target is refused`(_ text: String) { #expect(Target(argument: text) == nil) }

    private static func bar(_ done: Int, _ total: Int, columns: Int, reason: String = "start a/web/1")
        -> String
    {
        ProgressBar(
            progress: ApplyProgress(
                kind: .step,
                app: "a",
                generation: 1,
                digest: "",
                done: done,
                total: total,
                reason: reason
            )
        ).line(columns: columns)
    }

    @Test(
        arguments: [
            (0, 4, 70, "a [....................] 0/4 start a/web/1"),
            (1, 4, 70, "a [#####...............] 1/4 start a/web/1"),
            (4, 4, 70, "a [####################] 4/4 start a/web/1"),
            (9, 4, 70, "a [####################] 4/4 start a/web/1"),
            (-1, -1, 70, "a [....................] 0/0 start a/web/1"),
            (1, 4, 40, "a 1/4 start a/web/1"),
            (1, 4, 12, "a 1/4 star…"),
            (1, 4, 1, ""),
        ]
    )
    func `the bar shows how far it is and fits the screen`(
        _ done: Int,
        _ total: Int,
        _ columns: Int,
        _ expected: String
    ) {
        #expect(Self.bar(done, total, columns: columns) == expected)
        #expect(expected.displayWidth < max(1, columns))
    }

    @Test func `nothing that an agent says moves the cursor`() {
        #expect(Self.bar(1, 2, columns: 100, reason: "x\r\u{1b}[2J\ny").contains(#"x\x0d\x1b[2J y"#))
    }

    private static func reading(_ id: String, cpu: UInt64, time: UInt64) -> InstanceStats {
        var reading = InstanceStats(app: "a", service: "web", instance: 1, id: id, time: time)
        (reading.cpuTime, reading.cpuLimit, reading.throttledPeriods) = (cpu, 1.5, 7)
        (reading.memory, reading.memoryPeak, reading.memoryLimit) = (64 << 20, 128 << 20, 256 << 20)
        (reading.memoryFailures, reading.outOfMemoryKills) = (12, 1)
        (reading.pids, reading.pidsLimit, reading.pidsFailures) = (3, 100, 2)
        reading.blockRead = 1536
        return reading
    }

    @Test func `two readings of one container make a rate`() {
        let first = Self.reading("x", cpu: 1_000, time: 10_000)
        let second = Self.reading("x", cpu: 4_000, time: 12_000)
        #expect(UsageTable.load(of: second, since: first) == 1.5)
        #expect(UsageTable.load(of: first, since: second) == nil)
        #expect(UsageTable.load(of: first, since: first) == nil)
        #expect(
            UsageTable.table([second], since: [first]).lines == [
                "INSTANCE     CPU  CPUS  THROTTLED    MEMORY     PEAK    LIMIT   USED  HITS  OOM   PIDS  HITS      READ  WRITTEN",
                "a/web/1   150.0%  1.50          7  64.0 MiB  128 MiB  256 MiB  25.0%    12    1  3/100     2  1.50 KiB        -",
            ]
        )
        #expect(
            UsageTable.table([second], since: [Self.reading("y", cpu: 0, time: 0)]).lines[1].contains(
                "  -  1.50          7  64.0 MiB"
            )
        )
    }
}
