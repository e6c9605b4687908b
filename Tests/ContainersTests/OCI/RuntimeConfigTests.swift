// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Testing

/// The OCI runtime specification's configuration, member by member.
@Suite struct RuntimeConfigTests {
    private let config: RuntimeConfig

    init() throws {
        config = try RuntimeConfig(parsing: Array(SampleConfig.text.utf8))
    }

    @Test func `the top is decoded`() {
        #expect(config.ociVersion == "1.2.0")
        #expect(config.root.path == "rootfs" && config.root.readonly)
        #expect(config.hostname == "web" && config.domainname == "example.org")
        #expect(config.annotations == ["org.example.key": "value", "empty": ""])
    }

    @Test func `the process is decoded`() throws {
        let process = try #require(config.process)
        #expect(process.terminal && process.consoleSize == .init(height: 24, width: 80))
        #expect(process.user.uid == 1000 && process.user.gid == 1001 && process.user.umask == 0o77)
        #expect(process.user.additionalGids == [5, 6])
        #expect(process.args == ["sh", "-c", "echo \"hi\""] && process.cwd == "/work")
        #expect(process.env == ["PATH=/bin", "TERM=xterm"])
        let capabilities = try #require(process.capabilities)
        #expect(capabilities.bounding == ["CAP_KILL", "CAP_BPF"] && capabilities.effective == ["CAP_KILL"])
        #expect(capabilities.inheritable == ["CAP_CHOWN"] && capabilities.ambient == ["CAP_SETUID"])
        #expect(capabilities.permitted == ["CAP_KILL", "CAP_MADE_UP"])
        #expect(capabilities.unknownCapabilities == ["CAP_MADE_UP"])
        #expect(
            process.rlimits == [
                .init(type: "RLIMIT_NOFILE", soft: 1024, hard: 2048),
                .init(type: "RLIMIT_CORE", soft: 0, hard: .max),
            ]
        )
        #expect(process.rlimits.map { $0.resourceLimit?.resource } == [7, 4])
        #expect(process.noNewPrivileges && process.apparmorProfile == "profile" && process.oomScoreAdj == -17)
        #expect(process.selinuxLabel == "system_u:system_r:c_t:s0")
        let scheduler = try #require(process.scheduler)
        #expect(scheduler.policy == .deadline && scheduler.nice == -5 && scheduler.priority == 3)
        #expect(scheduler.flags == [.resetOnFork, .reclaim])
        #expect(scheduler.runtime == 10 && scheduler.deadline == 20 && scheduler.period == 30)
        #expect(process.ioPriority?.class == .idle && process.ioPriority?.priority == 4)
        #expect(process.execCPUAffinity?.initial == "7" && process.execCPUAffinity?.final == "0-3,7")
    }

    @Test func `mounts and hooks are decoded`() {
        #expect(config.mounts.first == .init(destination: "/proc", type: "proc", source: "proc"))
        var data = RuntimeConfig.Mount(
            destination: "/data",
            type: "none",
            source: "/srv/data",
            options: ["rbind", "idmap"]
        )
        data.uidMappings = [.init(containerID: 0, hostID: 1000, size: 10)]
        data.gidMappings = [.init(containerID: 1, hostID: 2000, size: 20)]
        #expect(config.mounts.last == data && config.mounts.count == 2)

        var first = RuntimeConfig.Hook(path: "/hook/1")
        first.args = ["one", "two"]
        first.env = ["A=b"]
        first.timeout = .seconds(5)
        #expect(config.hooks.prestart == [first])
        #expect(config.hooks.createRuntime == [.init(path: "/hook/2")])
        #expect(config.hooks.createContainer == [.init(path: "/hook/3")])
        #expect(config.hooks.startContainer == [.init(path: "/hook/4")])
        #expect(config.hooks.poststart == [.init(path: "/hook/5")])
        #expect(config.hooks.poststop == [.init(path: "/hook/6"), .init(path: "/hook/7")])
    }

    @Test func `what is Linux's is decoded`() throws {
        let linux = config.linux
        #expect(linux.uidMappings == [.init(containerID: 0, hostID: 100_000, size: 65_536)])
        #expect(linux.gidMappings == [.init(containerID: 0, hostID: 200_000, size: 65_536)])
        #expect(
            linux.timeOffsets[.monotonic]?.secs == -172_800 && linux.timeOffsets[.monotonic]?.nanosecs == 5
        )
        #expect(linux.timeOffsets[.boottime]?.secs == 604_800 && linux.timeOffsets[.boottime]?.nanosecs == 6)
        #expect(linux.sysctl == ["net.ipv4.ip_forward": "1", "kernel.msgmax": "65536"])
        #expect(linux.cgroupsPath == "/group/web" && linux.netDevices["eth1"]?.name == "inner")
        #expect(linux.namespaces.map(\.type) == [.pid, .network, .mount, .ipc, .uts, .user, .cgroup, .time])
        #expect(linux.namespaces.map(\.path) == ["/proc/1/ns/pid"] + Array(repeating: nil, count: 7))
        let device = try #require(linux.devices.first)
        #expect(device.path == "/dev/fuse" && device.type == .character && device.fileMode == 0o666)
        #expect(device.major == 10 && device.minor == 229 && device.uid == 1 && device.gid == 2)
        #expect(linux.rootfsPropagation == .slave && linux.maskedPaths == ["/proc/kcore"])
        #expect(linux.readonlyPaths == ["/proc/sys", "/proc/bus"])
        #expect(linux.mountLabel == "system_u:object_r:c_file_t:s0" && linux.personality?.domain == .linux32)
        let rdt = try #require(linux.intelRdt)
        #expect(rdt.closID == "gold" && rdt.schemata == ["L3:0=7f0"] && rdt.l3CacheSchema == "L3:0=ff")
        #expect(rdt.memBwSchema == "MB:0=20" && rdt.enableCMT && rdt.enableMBM && rdt.enableMonitoring)
    }

    @Test func `the system call filter is decoded`() throws {
        let seccomp = try #require(config.linux.seccomp)
        #expect(seccomp.defaultAction == .errno && seccomp.defaultErrnoRet == 38)
        #expect(seccomp.architectures == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"] && seccomp.flags == [.log])
        #expect(seccomp.listenerPath == "/run/agent.sock" && seccomp.listenerMetadata == "opaque")
        #expect(seccomp.syscalls.map(\.names) == [["getcwd", "chmod"], ["clone"]])
        #expect(seccomp.syscalls.map(\.action) == [.trace, .allow])
        #expect(seccomp.syscalls.map(\.errnoRet) == [1, nil])
        let argument = try #require(seccomp.syscalls.last?.args.first)
        #expect(argument.index == 5 && argument.value == .max && argument.valueTwo == 9)
        #expect(argument.op == .maskedEqual)
    }

    @Test func `resources are decoded`() throws {
        let resources = try #require(config.linux.resources)
        #expect(
            resources.devices == [
                .init(allow: false),
                .init(allow: true, .character, major: 10, minor: 229, access: [.read, .write]),
            ]
        )
        var memory = Resources.Memory()
        (memory.limit, memory.reservation, memory.swap) = (536_870_912, 268_435_456, -1)
        (memory.kernelTCP, memory.swappiness) = (2, 60)
        (memory.disableOOMKiller, memory.useHierarchy, memory.checkBeforeUpdate) = (false, true, true)
        #expect(resources.memoryLimits == memory)
        var cpu = Resources.Processor()
        (cpu.shares, cpu.quota, cpu.burst, cpu.period) = (1024, 1_000_000, 7, 500_000)
        (cpu.realtimeRuntime, cpu.realtimePeriod) = (950_000, 1_000_000)
        (cpu.cpus, cpu.mems, cpu.idle) = ("2-3", "0-7", 1)
        #expect(resources.cpu == cpu && resources.pids == 32_771)
        var blockIO = Resources.BlockIO()
        (blockIO.weight, blockIO.leafWeight) = (10, 11)
        blockIO.deviceWeights = [.init(major: 8, minor: 0, weight: 500, leafWeight: 300)]
        blockIO.readBytes = [.init(major: 8, minor: 1, rate: 600)]
        blockIO.writeBytes = [.init(major: 8, minor: 2, rate: 601)]
        blockIO.readOperations = [.init(major: 8, minor: 3, rate: 602)]
        blockIO.writeOperations = [.init(major: 8, minor: 4, rate: 603)]
        #expect(resources.blockIO == blockIO)
        #expect(resources.hugepages == ["2MB": 1 << 63])
        #expect(resources.network.classID == 1_048_577 && resources.network.priorities == ["eth0": 500])
        #expect(resources.rdma == ["mlx5_1": .init(handles: 3, objects: 10_000)])
        #expect(resources.unified == ["memory.high": "1073741824", "io.max": "259:0 rbps=2097152"])
    }

    @Test func `a process and resources are decoded alone`() throws {
        let json = try SampleConfig.json()
        let process = try #require(json["process"])
        #expect(
            try RuntimeConfig.Process(parsing: process.bytes(), document: "process.json") == config.process
        )
        let resources = try #require(json["linux"]?["resources"])
        #expect(
            try Resources(parsing: resources.bytes(), document: "standard input")
                == config.linux.resources
        )
        #expect(try Resources(parsing: Array("{}".utf8), document: "r") == .init())
        let least = Array(#"{"args": ["true"], "cwd": "/"}"#.utf8)
        #expect(try RuntimeConfig.Process(parsing: least, document: "p") == .init(args: ["true"]))
        let error = try #require(throws: ConfigError.self) {
            _ = try Resources(parsing: Array(#"{"cpu": {"shares": -1}}"#.utf8), document: "-")
        }
        #expect(
            error.description
                == "-: cpu.shares: -1 is not allowed: write an integer from 0 to 18446744073709551615"
        )
    }

    @Test func `little is enough`() throws {
        let text = #"{"ociVersion": "1.0.2-dev", "root": {"path": "/x"}, "solaris": 1, "x": [{}]}"#
        var expected = RuntimeConfig(root: .init(path: "/x"))
        expected.ociVersion = "1.0.2-dev"
        #expect(try RuntimeConfig(parsing: Array(text.utf8)) == expected)
    }

    @Test func `a text that is not JSON is named by line and character`() throws {
        let error = try #require(throws: ConfigError.self) {
            _ = try RuntimeConfig(parsing: Array("{\n  \"ociVersion\": \"1.0.0\"\n  \"root\"".utf8))
        }
        #expect(error.description == "config.json:3:3: expected ',' or '}' after a member")
        #expect(error.place == .position(line: 3, column: 3))
    }

    // MARK: The configuration to start from

    @Test(arguments: [true, false])
    func `the template is a configuration of this kind`(cgroupNamespace: Bool) throws {
        let text = RuntimeConfig.template(cgroupNamespace: cgroupNamespace).bytes(.indented(by: "\t"))
        let config = try RuntimeConfig(parsing: text)
        #expect(
            String(decoding: text, as: UTF8.self).hasPrefix(
                "{\n\t\"ociVersion\": \"1.2.0\",\n\t\"process\": {\n\t\t\"terminal\": true,\n"
            )
        )
        #expect(config.process?.args == ["sh"] && config.root.path == "rootfs" && config.root.readonly)
        #expect(config.mounts.count == 7 && config.process?.rlimits.count == 1)
        #expect(config.linux.namespaces.contains { $0.type == .cgroup } == cgroupNamespace)
        #expect(config.linux.maskedPaths.count == 10 && config.linux.readonlyPaths.count == 5)
        #expect(config.linux.resources?.devices == [.init(allow: false)])
        #expect(config.process?.capabilities?.unknownCapabilities == [])
    }
}
