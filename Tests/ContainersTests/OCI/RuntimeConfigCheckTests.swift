// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Testing

/// What the specification demands whatever the host: one change of a good configuration each.
@Suite struct RuntimeConfigCheckTests {
    /// A place, what is written there, and what is said about it.
    struct Change: Sendable, CustomTestStringConvertible {
        let place: String
        let value: JSON
        let message: String

        init(_ place: String, _ value: JSON, _ message: String) {
            self.place = place
            self.value = value
            self.message = message
        }

        /// `process.args[0]`, with names in brackets where they hold dots.
        var path: [JSONStep] {
            place.split(separator: ".").flatMap { part -> [JSONStep] in
                let pieces = part.split(separator: "[")
                return [.key(String(pieces[0]))]
                    + pieces.dropFirst().compactMap { Int($0.dropLast()).map(JSONStep.index) }
            }
        }

        var testDescription: String { "\(place): \(value.text().prefix(60))" }
    }

    @Test(arguments: [
        Change(
            "ociVersion",
            "2.0.0",
            #"ociVersion: version "2.0.0" is not supported: write one of 1.x, such as 1.2.0"#
        ),
        Change("ociVersion", "", "ociVersion: version"), Change("ociVersion", "1", "ociVersion: version"),
        Change("ociVersion", "1.", "ociVersion: version"), Change("ociVersion", "1.x", "ociVersion: version"),
        Change("ociVersion", "10.0.0", "ociVersion: version"),
        Change("ociVersion", ".1.0", "ociVersion: version"),
        Change("ociVersion", "0.5.0-dev", "ociVersion: version"),
        Change("ociVersion", "v1.0.0", "ociVersion: version"),
        Change(
            "process.cwd",
            "work",
            #"process.cwd: "work" is not absolute: write a path that begins with /"#
        ),
        Change("process.cwd", "", #"process.cwd: "" is not absolute"#),
        Change("process.args", [], "process.args: it is empty: write the program to run"),
        Change("process.env[0]", "A=\u{0}", "process.env[0]: a NUL character in a string: remove it"),
        Change("process.args[1]", 7, "process.args[1]: expected a string, not a number: write a string"),
        Change(
            "process.user.uid",
            JSON(UInt32.max),
            "process.user.uid: 4294967295 is not allowed: write an integer from 0 to 4294967294"
        ),
        Change("process.user.gid", JSON(UInt32.max), "process.user.gid: 4294967295 is not allowed"),
        Change(
            "process.user.additionalGids[0]",
            JSON(UInt32.max),
            "process.user.additionalGids[0]: 4294967295 is not"
        ),
        Change(
            "process.user.umask",
            0o1000,
            "process.user.umask: 512 is not allowed: write an integer from 0 to 511"
        ),
        Change("process.consoleSize.height", 65536, "process.consoleSize.height: 65536 is not allowed"),
        Change(
            "process.rlimits[0].type",
            "RLIMIT_FOO",
            #"process.rlimits[0].type: "RLIMIT_FOO" is unknown: write one of RLIMIT_AS, "#
        ),
        Change("process.rlimits[0].type", "nofile", "process.rlimits[0].type: \"nofile\" is unknown"),
        Change("process.rlimits[0].type", "RLIMIT_STAC\u{212a}", "process.rlimits[0].type: \"RLIMIT_STAC"),
        Change(
            "process.rlimits[1].type",
            "RLIMIT_NOFILE",
            #"process.rlimits[1].type: "RLIMIT_NOFILE" is there twice: remove one"#
        ),
        Change(
            "process.rlimits[0].soft",
            2049,
            "process.rlimits[0].soft: 2049 is above the hard limit 2048: write at most that"
        ),
        Change("process.rlimits[0].soft", -1, "process.rlimits[0].soft: -1 is not allowed"),
        Change(
            "process.oomScoreAdj",
            1001,
            "process.oomScoreAdj: 1001 is not allowed: write an integer from -1000 to 1000"
        ),
        Change("process.oomScoreAdj", -1001, "process.oomScoreAdj: -1001 is not allowed"),
        Change(
            "process.scheduler.policy",
            "FIFO",
            "process.scheduler.policy: \"FIFO\" is unknown: write one of SCHED_OTHER, "
        ),
        Change("process.scheduler.flags[1]", "X", "process.scheduler.flags[1]: \"X\" is unknown"),
        Change(
            "process.ioPriority.class",
            "IOPRIO_CLASS_NONE",
            "process.ioPriority.class: \"IOPRIO_CLASS_NONE\" is unknown"
        ),
        Change(
            "process.ioPriority.priority",
            8,
            "process.ioPriority.priority: 8 is not allowed: write an integer from 0 to 7"
        ),
        Change("root.path", "", "root.path: it is empty: write the path of the root file system"),
        Change("mounts[0].destination", "", "mounts[0].destination: it is empty: write an absolute path"),
        Change(
            "mounts[1].uidMappings",
            [],
            "mounts[1]: uidMappings and gidMappings belong together: write both or none"
        ),
        Change("mounts[1].uidMappings[0].size", 0, "mounts[1].uidMappings[0].size: 0 is not allowed"),
        Change("hooks.poststop[1].path", "hook", #"hooks.poststop[1].path: "hook" is not absolute"#),
        Change(
            "hooks.prestart[0].timeout",
            0,
            "hooks.prestart[0].timeout: 0 is not allowed: write an integer from 1 to"
        ),
        Change("hooks.prestart[0].timeout", -1, "hooks.prestart[0].timeout: -1 is not allowed"),
        Change(
            "annotations",
            ["": "x"],
            #"annotations[""]: a name that is empty or holds NUL: write another"#
        ),
        Change(
            "annotations",
            ["a.b": 1],
            #"annotations["a.b"]: expected a string, not a number: write a string"#
        ),
        Change("annotations", ["a\u{1b}[2J": 1], #"annotations["a\u{1B}[2J"]: expected"#),
        Change("annotations", ["a\u{0}": ""], #"annotations["a\0"]: a name"#),
        Change(
            "linux.uidMappings[0].hostID",
            4294901760,
            "linux.uidMappings[0].size: 65536 ids go beyond the last one"
        ),
        Change(
            "linux.timeOffsets",
            ["realtime": [:]],
            #"linux.timeOffsets: "realtime" is unknown: write one of monotonic, boottime"#
        ),
        Change(
            "linux.timeOffsets.monotonic.nanosecs",
            1_000_000_000,
            "linux.timeOffsets.monotonic.nanosecs: 1000000000 is not"
        ),
        Change(
            "linux.namespaces[1].type",
            "net",
            #"linux.namespaces[1].type: "net" is unknown: write one of pid, network, mount, "#
        ),
        Change(
            "linux.namespaces[2].type",
            "pid",
            #"linux.namespaces[2].type: "pid" is there twice: remove one"#
        ),
        Change("linux.namespaces[0].path", "ns", #"linux.namespaces[0].path: "ns" is not absolute"#),
        Change(
            "linux.devices[0].type",
            "a",
            #"linux.devices[0].type: "a" is unknown: write one of c, b, u, p"#
        ),
        Change("linux.devices[0].path", "dev/x", "linux.devices[0].path: \"dev/x\" is not absolute"),
        Change("linux.devices[0].major", -1, "linux.devices[0].major: -1 is not allowed"),
        Change("linux.devices[0].uid", JSON(UInt32.max), "linux.devices[0].uid: 4294967295 is not allowed"),
        Change(
            "linux.seccomp.defaultAction",
            "SCMP_ACT_NONE",
            "linux.seccomp.defaultAction: \"SCMP_ACT_NONE\" is unknown: write one of SCMP_ACT_KILL, "
        ),
        Change(
            "linux.seccomp.defaultAction",
            "SCMP_ACT_\u{212a}ILL",
            "linux.seccomp.defaultAction: \"SCMP_ACT_"
        ),
        Change(
            "linux.seccomp.defaultAction",
            "SCMP_ACT_ALLOW",
            "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW has no error number: remove it"
        ),
        Change("linux.seccomp.defaultErrnoRet", 65536, "linux.seccomp.defaultErrnoRet: 65536 is not allowed"),
        Change(
            "linux.seccomp.architectures[1]",
            "x86",
            "linux.seccomp.architectures[1]: \"x86\" is unknown: write one of SCMP_ARCH_"
        ),
        Change(
            "linux.seccomp.flags[0]",
            "LOG",
            "linux.seccomp.flags[0]: \"LOG\" is unknown: write one of SECCOMP_FILTER_FLAG_TSYNC, "
        ),
        Change(
            "linux.seccomp.listenerPath",
            "",
            "linux.seccomp.listenerMetadata: it needs a listener: write listenerPath too"
        ),
        Change(
            "linux.seccomp.syscalls[0].names",
            [],
            "linux.seccomp.syscalls[0].names: it is empty: write a system call's name"
        ),
        Change(
            "linux.seccomp.syscalls[1].action",
            "allow",
            "linux.seccomp.syscalls[1].action: \"allow\" is unknown"
        ),
        Change(
            "linux.seccomp.syscalls[1].errnoRet",
            1,
            "linux.seccomp.syscalls[1].errnoRet: SCMP_ACT_ALLOW has no error number"
        ),
        Change(
            "linux.seccomp.syscalls[1].args[0].index",
            6,
            "linux.seccomp.syscalls[1].args[0].index: 6 is not allowed: write an integer from 0 to 5"
        ),
        Change(
            "linux.seccomp.syscalls[1].args[0].op",
            "SCMP_CMP_IN",
            "linux.seccomp.syscalls[1].args[0].op: \"SCMP_CMP_IN\" is unknown: write one of SCMP_CMP_NE, "
        ),
        Change(
            "linux.rootfsPropagation",
            "public",
            "linux.rootfsPropagation: \"public\" is unknown: write one of shared, slave, "
        ),
        Change("linux.maskedPaths[0]", "proc", "linux.maskedPaths[0]: \"proc\" is not absolute"),
        Change("linux.readonlyPaths[1]", "proc", "linux.readonlyPaths[1]: \"proc\" is not absolute"),
        Change(
            "linux.personality.domain",
            "BSD",
            "linux.personality.domain: \"BSD\" is unknown: write one of LINUX, LINUX32"
        ),
        Change(
            "linux.personality.flags",
            ["X"],
            "linux.personality.flags: no flag is defined: write an empty list"
        ),
        Change(
            "linux.resources.devices[1].type",
            "p",
            "linux.resources.devices[1].type: \"p\" is unknown: write one of a, c, b"
        ),
        Change(
            "linux.resources.devices[0].access",
            "rx",
            "linux.resources.devices[0].access: \"rx\" is no access: write letters of rwm"
        ),
        Change("linux.resources.devices[1].major", -2, "linux.resources.devices[1].major: -2 is not allowed"),
        Change("linux.resources.memory.limit", -2, "linux.resources.memory.limit: -2 is not allowed"),
        Change(
            "linux.resources.memory.limit",
            .number(.natural(1 << 63)),
            "linux.resources.memory.limit: 9223372036854775808 is not allowed"
        ),
        Change(
            "linux.resources.memory.swappiness",
            101,
            "linux.resources.memory.swappiness: 101 is not allowed"
        ),
        Change("linux.resources.cpu.shares", -1, "linux.resources.cpu.shares: -1 is not allowed"),
        Change(
            "linux.resources.blockIO.weight",
            65536,
            "linux.resources.blockIO.weight: 65536 is not allowed: write an integer from 0 to 65535"
        ),
        Change(
            "linux.resources.blockIO.weightDevice[0]",
            ["major": 1, "minor": 2],
            "linux.resources.blockIO.weightDevice[0]: neither weight nor leafWeight is there"
        ),
        Change(
            "linux.resources.hugepageLimits[0].pageSize",
            "../2MB",
            "linux.resources.hugepageLimits[0].pageSize: \"../2MB\" is no size"
        ),
        Change(
            "linux.resources.hugepageLimits[0].pageSize",
            "2M",
            "linux.resources.hugepageLimits[0].pageSize: \"2M\" is no size"
        ),
        Change(
            "linux.resources.hugepageLimits[0].pageSize",
            "MB",
            "linux.resources.hugepageLimits[0].pageSize: \"MB\" is no size"
        ),
        Change(
            "linux.resources.rdma.mlx5_1",
            [:],
            "linux.resources.rdma.mlx5_1: neither hcaHandles nor hcaObjects is there"
        ),
        Change("linux.resources.network.classID", -1, "linux.resources.network.classID: -1 is not allowed"),
        Change(
            "linux.resources.unified",
            ["../x": ""],
            #"linux.resources.unified: "../x" is not a file's name: write one without /"#
        ),
        Change("linux.resources.unified", ["..": ""], #"linux.resources.unified: ".." is not a file's name"#),
    ])
    func `what the specification forbids is refused with a remedy`(change: Change) throws {
        let changed = try SampleConfig.json().replacing(change.path, with: change.value)
        let error = try #require(throws: ConfigError.self) { _ = try SampleConfig.decode(changed) }
        #expect(error.description.hasPrefix("config.json: " + change.message), "\(error)")
        #expect(error.problem.contains(": write ") || error.problem.contains(": remove "), "\(error)")
        #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test(arguments: [
        Change("ociVersion", "1.0.2-dev", ""), Change("ociVersion", "1.3.0", ""),
        Change("ociVersion", "1.0", ""),
        Change("process.user.uid", 4_294_967_294, ""), Change("process.env", [], ""),
        Change("process.env[0]", "no equals sign", ""),
        Change("process.capabilities.bounding[0]", "CAP_NEW", ""), Change("process.apparmorProfile", "", ""),
        Change("process.rlimits", [], ""), Change("process.rlimits[0].soft", 2048, ""),
        Change("mounts[0].type", "", ""),
        Change("linux.devices[0].fileMode", 0o20666, ""), Change("linux.devices[0].type", "u", ""),
        Change("linux.devices[0]", ["type": "p", "path": "/dev/pipe"], ""),
        Change("linux.namespaces", [], ""),
        Change("linux.namespaces[0].path", "", ""), Change("linux.rootfsPropagation", "rslave", ""),
        Change("linux.rootfsPropagation", "", ""),
        Change("linux.resources.devices[1].type", "", ""), Change("linux.resources.devices[1].major", -1, ""),
        Change("linux.resources.pids.limit", -1, ""), Change("linux.resources.pids", [:], ""),
        Change("linux.resources.cpu", [:], ""),
        Change("linux.resources.memory.limit", 0, ""), Change("linux.resources.cpu.quota", -1, ""),
        Change("linux.uidMappings[0].hostID", 4_294_901_759, ""),
        Change("linux.personality.flags", .null, ""),
        Change("process.capabilities.ambient", .null, ""), Change("annotations", [:], ""),
    ])
    func `what writers really write is accepted`(change: Change) throws {
        _ = try SampleConfig.decode(try SampleConfig.json().replacing(change.path, with: change.value))
    }

    @Test func `an empty text is an absent one`() throws {
        var json = try SampleConfig.json()
        for path in [
            [.key("hostname")], [.key("linux"), .key("cgroupsPath")],
            [.key("linux"), .key("rootfsPropagation")],
            [.key("process"), .key("apparmorProfile")],
            [.key("linux"), .key("resources"), .key("devices"), .index(1), .key("type")],
            [.key("linux"), .key("namespaces"), .index(0), .key("path")],
        ] as [[JSONStep]] {
            json = json.replacing(path, with: "")
        }
        json = json.replacing(
            [.key("linux"), .key("resources"), .key("devices"), .index(1), .key("major")],
            with: -1
        )
        let config = try SampleConfig.decode(json)
        #expect(
            config.hostname == nil && config.linux.cgroupsPath == nil && config.linux.rootfsPropagation == nil
        )
        #expect(config.process?.apparmorProfile == nil && config.linux.namespaces[0].path == nil)
        #expect(
            config.linux.resources?.devices?[1] == .init(allow: true, minor: 229, access: [.read, .write])
        )
    }

    @Test func `a relative mount destination is taken from the root`() throws {
        let json = try SampleConfig.json().replacing(
            [.key("mounts"), .index(0), .key("destination")],
            with: "proc/x"
        )
        #expect(try SampleConfig.decode(json).mounts[0].destination == "/proc/x")
    }

    @Test func `the size of a terminal is ignored without a terminal`() throws {
        let json = try SampleConfig.json().replacing([.key("process"), .key("terminal")], with: false)
            .replacing([.key("process"), .key("consoleSize")], with: "none of it")
        #expect(try SampleConfig.decode(json).process?.consoleSize == nil)
    }

    @Test func `a long name does not fill the message`() throws {
        let name = String(repeating: "x", count: 100_000)
        let json = try SampleConfig.json().replacing([.key("annotations"), .key(name)], with: 1)
        let error = try #require(throws: ConfigError.self) { _ = try SampleConfig.decode(json) }
        #expect(error.description.utf8.count < 200)
        let cwd = try SampleConfig.json().replacing([.key("process"), .key("cwd")], with: .string(name))
        let other = try #require(throws: ConfigError.self) { _ = try SampleConfig.decode(cwd) }
        #expect(other.description.utf8.count < 200)
    }
}
