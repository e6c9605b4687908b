// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Calendar

extension Zone {
    /// One of this host.
    static func here(_ name: String) throws -> Zone {
        let file = try Descriptor.open("/usr/share/zoneinfo/\(name)", O_RDONLY).readAll(limit: largestFile)
        return try Zone(name: name, file: file)
    }
}

/// Where the host has no time zones, there is nothing to compare with.
let hasZones = access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0

@Suite struct ZoneTests {
    @Test(arguments: ["UTC", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GMT0"])
    func `names`(_ name: String) { #expect(Zone.isName(name)) }

    @Test(arguments: [
        "", "/etc/passwd", "../passwd", "Europe/../x", "a//b", "a/", ".hidden", "a b", "é", "a\0",
    ])
    func `no names`(_ name: String) { #expect(!Zone.isName(name)) }

    @Test(.enabled(if: hasZones, "install tzdata"))
    func `a file that is cut or changed is refused or read, and never more`() throws {
        let name = "/usr/share/zoneinfo/Europe/Berlin"
        let file = try Descriptor.open(name, O_RDONLY).readAll(limit: Zone.largestFile)
        for length in 0..<file.count {
            #expect(throws: CalendarError.self) { try Zone(name: "x", file: Array(file.prefix(length))) }
        }
        var random: UInt64 = 1
        for _ in 0..<3_000 {
            var damaged = file
            for _ in 0..<3 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                damaged[Int(random >> 33) % file.count] = UInt8(truncatingIfNeeded: random >> 20)
            }
            guard let zone = try? Zone(name: "x", file: damaged) else { continue }
            _ = zone.moment(ofLocal: Int64(random >> 30))
            _ = try CronSchedule("0 3 * * *").next(after: Int64(random >> 33), in: zone)
        }
    }

    @Test(
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 2026, [1_774_746_000, 1_792_890_000]),
            ("EST5EDT,M3.2.0,M11.1.0", 2026, [1_772_953_200, 1_793_512_800]),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, [1_775_314_800, 1_791_041_400]),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, [1_774_746_000, 1_792_890_000]), ("UTC0", 2026, []),
            ("AAA0BBB,J60/0,J61/0", 2024, [1_709_251_200, 1_709_334_000]),
            ("AAA0BBB,59/0,60/0", 2024, [1_709_164_800, 1_709_247_600]),
        ] as [(String, Int64, [Int64])]
    )
    func `rules for the time after the table`(_ text: String, _ year: Int64, _ times: [Int64]) throws {
        #expect(try #require(PosixRule(text)).changes(in: year).map(\.time) == times)
    }

    @Test(arguments: [
        "", "X1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,J366,J1", "CET-1CEST,M3.5.0,M10.5.0x", "<CET-1", "CET-1CEST,M3.5.0/168,M10.5.0",
    ])
    func `what is no rule`(_ text: String) { #expect(PosixRule(text) == nil) }
}
