// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit

extension GroupProbe {
    /// A program is put in the place of another while a process tries.
    func devices() throws {
        let group = try make("devices") { $0.devices = DeviceRule.standard }
        let look = "for d in zero full kmsg; do (: <>/dev/$d) && echo $d; done 2>/dev/null"
        let first = try run(look, in: group)
        var other = Resources()
        other.devices = [
            DeviceRule(allow: true), DeviceRule(allow: false, .character, major: 1, minor: 5),
            DeviceRule(allow: true, .character, major: 1, minor: 5, access: .read),
        ]
        try group.apply(other)
        let second = try run(look, in: group)
        other.devices = [DeviceRule(allow: true, .character, major: 1, minor: 3)]
        try group.apply(other)
        let third = try run(look, in: group)
        let seen = [first, second, third].map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
        try expect(
            "device rules are in force and replaced live",
            seen == ["zero full", "full kmsg", ""],
            "\(seen)"
        )
    }

    func signals() throws {
        let group = try make("signals")
        let file = "/run/martlet-probe"
        for _ in 0..<3 {
            try start(
                "trap 'echo got >>\(file)' USR1; while :; do echo; sleep 0.05; done >>\(file).ticks",
                in: group
            )
        }
        let ticks = { try Shell.run("wc -l <\(file).ticks") }
        try wait("they run") { try ticks() != "0\n" }
        try group.freeze()
        let (stood, frozen) = (try ticks(), try group.isFrozen())
        usleep(300_000)
        try expect("a frozen group stands", try ticks() == stood && frozen, stood)
        try group.thaw()
        try wait("they run again") { try ticks() != stood }
        try group.kill(SIGUSR1)
        try wait("all have had the signal") { try Shell.run("grep -c got \(file)") == "3\n" }
        try expect("a signal reaches every process", try !group.isFrozen(), "frozen")
        try group.kill()
        try wait("none is left") { try group.processes().isEmpty }
        try group.remove()
        try expect("a killed group can be removed", group.statistics() == nil, "it is there")
    }

    func events() throws {
        let group = try make("events") {
            $0 = Resources(memory: 24 << 20)
            $0.memoryLimits.swap = 24 << 20
        }
        try start("exec sleep 1000", in: group)
        let watch = try CgroupWatch(group, memoryThreshold: 12 << 20)
        var seen: [CgroupWatch.Event] = []
        _ = try run("(exec tail /dev/zero)", in: group)
        while let event = try watch.next(within: .seconds(2)) { seen.append(event) }
        let kills = try group.outOfMemoryKills()
        try expect(
            "a kill for want of memory is told",
            kills == 1 && seen.contains(.outOfMemory(kills: 1)),
            "\(kills) kills: \(seen)"
        )
        try start("x=$(head -c 14000000 /dev/zero | tr '\\0' x); sleep 1000", in: group)
        let event = try watch.next(within: .seconds(30))
        var isAbove = false
        if case .memoryAbove(let usage) = event { isAbove = usage > 12 << 20 }
        try expect("memory above a threshold is told", isAbove, "\(String(describing: event))")
        try group.kill()
        var last = try watch.next(within: .seconds(5))
        // The shell's copy of what it read may have come to the limit as well.
        while case .outOfMemory = last { last = try watch.next(within: .seconds(5)) }
        try expect("that nobody is left is told", last == .empty, "\(String(describing: last))")
    }
}
