internal import Glibc
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// What can be said of scopes without a systemd; the rest is looked at in a booted machine.
@Suite struct SystemdScopeTests {
    @Test(arguments: [
        ("machine.slice:libpod:0123", "/machine.slice/libpod-0123.scope"),
        (":martlet:web-1", "/system.slice/martlet-web-1.scope"),
        ("user-1000-x.slice::app", "/user.slice/user-1000.slice/user-1000-x.slice/app.scope"),
        ("-.slice:a:b", "/a-b.scope"),
    ])
    func `a path for systemd names a scope in nested slices`(text: String, path: String) throws {
        #expect(try SystemdScope(text).path.description == path)
    }

    @Test(arguments: [
        "", "/docker/x", "a.slice:b", "a.slice:b:c:d", "a.slice:b:", "a:b:c", ".slice:b:c", "a--b.slice:c:d",
        "-a.slice:c:d", "a-.slice:c:d", "../a.slice:b:c", "a/b.slice:c:d", "a.slice:b:../c", "a.slice:b:c\n",
        "a.slice:b:c d", "a.slice:b:\u{0}", "a.slice::.hidden",
        "a.slice:b:" + String(repeating: "c", count: 250),
    ])
    func `what is none is refused`(text: String) {
        #expect(throws: ContainerError.self) { try SystemdScope(text) }
    }

    @Test func `processors become bits`() {
        #expect(Resources.bits("0-2,9") == [0b111, 0b10])
        #expect(Resources.bits("7") == [0x80])
        for text in ["", "a", "3-1", "1-2-3", "-1", "99999999"] {
            #expect(Resources.bits(text) == nil, "\(text)")
        }
    }

    @Test func `limits become properties of each version`() {
        var resources = Resources()
        (resources.memoryLimits.limit, resources.memoryLimits.swap) = (100, 150)
        (resources.cpu.shares, resources.cpu.cpus, resources.pids) = (1024, "0", -1)
        (resources.cpu.quota, resources.cpu.period, resources.blockIO.weight) = (50_000, 100_000, 500)
        let common: [SystemdProperty] = [
            .number("CPUQuotaPeriodUSec", 100_000), .number("CPUQuotaPerSecUSec", 500_000),
            .number("TasksMax", .max),
        ]
        #expect(
            resources.properties(.unified) == common + [
                .number("MemoryMax", 100), .number("MemorySwapMax", 50), .number("CPUWeight", 39),
                .number("IOWeight", 4_950), .bytes("AllowedCPUs", [1]),
            ]
        )
        #expect(
            resources.properties(.hybrid) == common + [
                .number("MemoryLimit", 100), .number("CPUShares", 1024), .number("BlockIOWeight", 500),
            ]
        )
        #expect(Resources().properties(.unified).isEmpty)
    }

    @Test func `a quota is rounded up to whole percents`() {
        for (quota, expected) in [(1_001, 20_000), (100_000, 1_000_000), (-1, UInt64.max)]
            as [(Int64, UInt64)]
        {
            var resources = Resources()
            resources.cpu.quota = quota
            #expect(resources.properties(.unified) == [.number("CPUQuotaPerSecUSec", expected)])
        }
        var most = Resources()
        (most.cpu.quota, most.cpu.period) = (.max, 1)
        #expect(most.properties(.unified).count == 2)
    }

    @Test func `a host without systemd is told so`() throws {
        guard access("/run/systemd/system", F_OK) < 0 else { return }
        let scope = try SystemdScope("machine.slice:martlet:test")
        let error = #expect(throws: ContainerError.self) { try scope.stop() }
        #expect(
            error?.description
                == "systemd stop martlet-test.scope: systemd is not this host's init: use a plain path of a group"
        )
    }

    @Test func `a holder ends with its object`() throws {
        var pid: Int32 = 0
        do {
            let holder = try SystemdScope.Holder()
            pid = holder.pid
            #expect(kill(pid, 0) == 0)
        }
        #expect(kill(pid, 0) < 0)
    }
}
