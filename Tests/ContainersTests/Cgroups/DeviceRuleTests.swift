internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// The last rule that matches decides: as a list says it, and as the kernel does it.
@Suite(.serialized) struct DeviceRuleTests {
    /// The specification's meaning, for one kind of access.
    private static func allows(
        _ rules: [DeviceRule],
        _ kind: DeviceRule.Kind,
        _ number: (UInt32, UInt32),
        _ access: DeviceRule.Access
    ) -> Bool {
        rules.last {
            ($0.kind == .all || $0.kind == kind) && $0.access.contains(access)
                && ($0.major ?? number.0) == number.0 && ($0.minor ?? number.1) == number.1
        }?.allow ?? false
    }

    /// Rules about devices that every host has: `null`, `zero`, `full`, `random`, `urandom`.
    private static func randomRules(_ random: inout SeededGenerator) -> [DeviceRule] {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in
            DeviceRule(
                allow: Bool.random(using: &random),
                [.all, .character, .character, .block].randomElement(using: &random) ?? .all,
                major: [nil, 1, 1, 5].randomElement(using: &random) ?? nil,
                minor: [nil, 3, 5, 7, 8, 9].randomElement(using: &random) ?? nil,
                access: DeviceRule.Access(rawValue: Int32.random(in: 1...7, using: &random))
            )
        }
    }

    @Test func `a list in version 1's form means the same`() {
        var random = SeededGenerator(seed: 3)
        var expressible = 0
        for _ in 0..<5_000 {
            let rules = Self.randomRules(&random)
            guard let list = try? DeviceList(rules) else { continue }
            expressible += 1
            for minor in UInt32(2)...10 {
                for (kind, major) in [
                    (DeviceRule.Kind.character, 1), (.character, 5), (.block, 1), (.block, 8),
                ] {
                    for access in [DeviceRule.Access.make, .read, .write] {
                        let excepted = list.exceptions.contains {
                            Self.allows([$0], kind, (UInt32(major), minor), access) == $0.allow
                                && $0.kind == kind && $0.access.contains(access)
                                && ($0.major ?? UInt32(major)) == UInt32(major)
                                && ($0.minor ?? minor) == minor
                        }
                        #expect(
                            Self.allows(rules, kind, (UInt32(major), minor), access)
                                == (excepted != list.allowsOthers),
                            "\(rules)"
                        )
                    }
                }
            }
        }
        #expect(expressible > 2_000)
    }

    @Test func `what version 1 cannot keep is refused`() {
        let rules = [
            DeviceRule(allow: true, .character, major: 1),
            DeviceRule(allow: false, .character, major: 1, minor: 3),
        ]
        let error = #expect(throws: ContainerError.self) { try DeviceList(rules) }
        #expect(
            error?.description.contains("cannot deny c 1:3 rwm after it was told to allow c 1:* rwm") == true
        )
    }

    @Test func `a change of version 1's list denies before it allows, and writes nothing that holds`() throws
    {
        let one = try DeviceList(DeviceRule.standard)
        #expect(one.writes(from: one).isEmpty)
        let two = try DeviceList([
            DeviceRule(allow: true, .character, major: 1, minor: 3, access: .read),
            DeviceRule(allow: true, .block, major: 8, minor: 0),
        ])
        let old = try DeviceList([
            DeviceRule(allow: true, .character, major: 1, minor: 3),
            DeviceRule(allow: true, .character, major: 5, minor: 0),
        ])
        #expect(
            two.writes(from: old).map { "\($0.file) \($0.value)" } == [
                "devices.deny c 1:3 wm", "devices.deny c 5:0 rwm", "devices.allow c 1:3 r",
                "devices.allow b 8:0 rwm",
            ]
        )
        #expect(
            two.writes(from: DeviceList(listed: "a *:* rwm\n")).map(\.value) == ["a", "c 1:3 r", "b 8:0 rwm"]
        )
        let listed = DeviceList(listed: "c 1:3 rwm\nb *:7 m\n")
        #expect(listed.exceptions.map(\.text) == ["c 1:3 rwm", "b *:7 m"] && !listed.allowsOthers)
    }

    // MARK: In the kernel

    private static let minors: [UInt32] = [3, 5, 7, 8, 9]

    /// What a shell in the group can do with the devices: one word `MINOR ACCESS` for each success.
    private static func reach(_ test: TestGroup, _ group: Cgroup, _ folder: String) throws -> Set<String> {
        let tries = minors.map { minor in
            """
            (: <\(folder)/\(minor)) && echo \(minor) r; (: >>\(folder)/\(minor)) && echo \(minor) w
            (: <>\(folder)/\(minor)) && echo \(minor) rw
            mknod \(folder)/new c 1 \(minor) && echo \(minor) m && rm \(folder)/new
            """
        }
        let output = try test.run("( \(tries.joined(separator: "\n")) ) 2>\(folder)/errors; true", in: group)
        return Set(output.split(separator: "\n").map(String.init))
    }

    private static func expected(_ rules: [DeviceRule], legacy: Bool) -> (must: Set<String>, may: Set<String>)
    {
        var must: Set<String> = [], may: Set<String> = []
        for minor in minors {
            let can = { allows(rules, .character, (1, minor), $0) }
            if can(.read) { must.insert("\(minor) r") }
            if can(.write) { must.insert("\(minor) w") }
            if can(.make) { must.insert("\(minor) m") }
            // Version 1 wants one exception for all that is asked at once.
            if can(.read) && can(.write) {
                may.insert("\(minor) rw")
                if !legacy { must.insert("\(minor) rw") }
            }
        }
        return (must, may.union(must))
    }

    private func withNodes(_ body: (String) throws -> Void) throws {
        let folder = "/var/tmp/martlet-devices-\(getpid())"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try Shell.run("mkdir -p \(folder)")
        for minor in Self.minors { try Shell.run("mknod -m 666 \(folder)/\(minor) c 1 \(minor)") }
        try body(folder)
    }

    @Test(arguments: Layout.here) func `the kernel allows what the last match allows`(layout: Layout) throws {
        try withNodes { folder in
            var random = SeededGenerator(seed: 11)
            for _ in 0..<25 {
                let rules = Self.randomRules(&random)
                let isLegacy = try layout.mounts().legacy["devices"] != nil
                if isLegacy, (try? DeviceList(rules)) == nil { continue }
                try withGroup(layout) { test in
                    var resources = Resources()
                    resources.devices = rules
                    let group = try test.make(resources)
                    let reached = try Self.reach(test, group, folder)
                    let (must, may) = Self.expected(rules, legacy: isLegacy)
                    #expect(must.isSubset(of: reached) && reached.isSubset(of: may), "\(rules)")
                }
            }
        }
    }

    @Test(arguments: Layout.here) func `rules are changed while a process runs`(layout: Layout) throws {
        try withNodes { folder in
            try withGroup(layout) { test in
                var resources = Resources()
                let lists: [[DeviceRule]] = [
                    DeviceRule.standard, [], [DeviceRule(allow: true)],
                    [DeviceRule(allow: true), DeviceRule(allow: false, .character, major: 1, minor: 7)],
                    [DeviceRule(allow: true, .character, major: 1, minor: 3, access: .read)],
                    DeviceRule.standard,
                ]
                resources.devices = lists[0]
                let group = try test.make(resources)
                try test.start("exec sleep 1000", in: group)
                for rules in lists {
                    resources.devices = rules
                    try group.apply(resources)
                    let isLegacy = test.mounts.legacy["devices"] != nil
                    let (must, may) = Self.expected(rules, legacy: isLegacy)
                    let reached = try Self.reach(test, group, folder)
                    #expect(must.isSubset(of: reached) && reached.isSubset(of: may), "\(rules): \(reached)")
                    #expect(try !group.isFrozen())
                }
            }
        }
    }

    @Test func `a list of 256 rules loads, a longer one is refused`() throws {
        let layout: Layout = Layout.here.contains(.unified) ? .unified : .asMounted
        guard try layout.mounts().legacy.isEmpty else { return }
        try withGroup(layout) { test in
            var resources = Resources()
            var rules: [DeviceRule] = []
            for number in UInt32(0)..<256 {
                let minor: UInt32? = number % 5 == 0 ? nil : .max - number
                let access = DeviceRule.Access(rawValue: Int32(number % 7 + 1))
                let kind: DeviceRule.Kind = number % 2 == 0 ? .block : .character
                let allow = number % 3 != 0
                rules.append(DeviceRule(allow: allow, kind, major: number, minor: minor, access: access))
            }
            resources.devices = rules
            let group = try test.make(resources)
            resources.devices = Array(repeating: DeviceRule(allow: true), count: 257)
            let error = #expect(throws: ContainerError.self) { try group.apply(resources) }
            #expect(error?.description.contains("257 device rules: use at most 256") == true)
        }
    }
}
