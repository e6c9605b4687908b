// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import TestKit

@testable internal import Containers

/// A bundle with something of everything, for `martlet-runtime` with folders and control groups of its own.
final class TestBundle {
    let folder: String
    let id = "faulty"
    /// Where the plan of a fault is looked for.
    var plan: String { "\(folder)/faults" }
    /// Where the runtime keeps its containers.
    var root: String { "\(folder)/root" }
    /// Where each `poststop` hook leaves a line.
    var stopped: String { "\(folder)/stopped" }
    private let name: String
    private let program: String
    private let mounts: CgroupMounts
    /// Where the runtime itself runs, and all that it starts outside of a container.
    private let workplace: Cgroup

    /// `martlet-runtime` of this build.
    static func runtime() throws -> String {
        let named = getenv("MARTLET_RUNTIME").map { [String(cString: $0)] }
        for candidate in named ?? [".build/debug/martlet-runtime", ".build/release/martlet-runtime"]
        where access(candidate, X_OK) == 0 {
            return candidate
        }
        throw LinuxError("find", "martlet-runtime: build it with `make build`", errno: ENOENT)
    }

    init() throws {
        program = try Self.runtime()
        name = "martlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        folder = "/var/tmp/\(name)"
        mounts = try CgroupMounts.find()
        try Shell.run(
            """
            mkdir -p \(folder)/rootfs/bin \(folder)/rootfs/etc/deep \(folder)/volume && cd \(folder)
            cp /bin/busybox rootfs/bin/ && chroot rootfs /bin/busybox --install -s /bin
            echo content >rootfs/etc/deep/file && ln -s deep/file rootfs/etc/link
            chown -R \(Self.firstID):\(Self.firstID) rootfs
            """
        )
        workplace = try Cgroup(try CgroupPath("/\(name)/workplace"), in: mounts, resources: Resources())
        try Descriptor.open("\(folder)/config.json", O_CREAT | O_WRONLY, mode: 0o600).write(
            Array(config.utf8)
        )
    }

    /// Takes everything away again.
    func end() throws {
        try Cgroup.remove(try CgroupPath("/\(name)"), in: mounts, killing: true)
        try Shell.run("rm -rf --one-file-system \(folder)")
    }

    private static let firstID = 0x7000_0000

    private var config: String {
        #"""
        {
          "ociVersion": "1.2.0",
          "process": {
            "user": {"uid": 3, "gid": 4, "umask": 23, "additionalGids": [5]},
            "args": ["sleep", "1000"], "env": ["PATH=/bin"], "cwd": "/",
            "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]},
            "rlimits": [{"type": "RLIMIT_CORE", "hard": 0, "soft": 0}],
            "noNewPrivileges": true, "oomScoreAdj": 100
          },
          "root": {"path": "rootfs", "readonly": true},
          "hostname": "faulty", "domainname": "example.org",
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["size=1m"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue"},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]},
            {"destination": "/volume", "type": "none", "source": "\#(folder)/volume", "options": ["rbind", "ro"]},
            {"destination": "/etc", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "size=1m"]}
          ],
          "hooks": {
            "prestart": [{"path": "/bin/true"}],
            "createRuntime": [{"path": "/bin/true"}],
            "createContainer": [{"path": "/bin/true", "timeout": 10}],
            "startContainer": [{"path": "/bin/true"}],
            "poststart": [{"path": "/bin/true"}],
            "poststop": [{"path": "/bin/sh", "args": ["sh", "-c", "echo >>\#(stopped)"]}]
          },
          "linux": {
            "uidMappings": [{"containerID": 0, "hostID": \#(Self.firstID), "size": 65536}],
            "gidMappings": [{"containerID": 0, "hostID": \#(Self.firstID), "size": 65536}],
            "namespaces": [
              {"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "network"}, {"type": "ipc"},
              {"type": "uts"}, {"type": "cgroup"}
            ],
            "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438}],
            "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
            "cgroupsPath": "/\#(name)/\#(id)",
            "resources": {"memory": {"limit": 268435456}, "pids": {"limit": 100}},
            "seccomp": {
              "defaultAction": "SCMP_ACT_ALLOW",
              "syscalls": [{"names": ["keyctl", "add_key"], "action": "SCMP_ACT_ERRNO"}]
            },
            "maskedPaths": ["/proc/kcore", "/sys/firmware"], "readonlyPaths": ["/proc/sys", "/proc/bus"]
          }
        }
        """#
    }

    // MARK: Running

    /// A command line of the runtime that has ended.
    struct Outcome {
        var status: Int32
        var output: String
    }

    /// Runs the runtime to its end, below `wrapper` if there is one.
    ///
    /// `keeper` is the program of its stages.
    func run(_ words: String, keeper: String, below wrapper: String = "") throws -> Outcome {
        let enter = Set(workplace.paths.values).sorted().map { "echo 0 >\($0)/cgroup.procs" }.joined(
            separator: "; "
        )
        // What stays alive holds no pipe of ours.
        let text = try Shell.run(
            """
            (\(enter); MARTLET_FAULTS=\(plan) MARTLET_KEEPER=\(keeper) \
            exec \(wrapper) \(program) --root \(root) \(words)) </dev/null >\(folder)/output 2>&1; echo =$?; cat \(folder)/output
            """
        )
        // The shell may tell of a signal before.
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let status = (parts.last ?? "").prefix { !$0.isNewline }
        return Outcome(
            status: Int32(status) ?? -1,
            output: String((parts.last ?? "").dropFirst(status.count + 1))
        )
    }

    func create(keeper: String, below wrapper: String = "") throws -> Outcome {
        try run("create --bundle \(folder) --pid-file \(folder)/pid \(id)", keeper: keeper, below: wrapper)
    }

    /// The names of the operations that make the container and start it.
    func operations() throws -> [String] {
        let path = try CgroupPath("/\(name)/\(id)")
        let config = try RuntimeConfig(parsing: Array(config.utf8))
        let group = try Cgroup(path, in: mounts, resources: Resources(config.linux))
        let process = try ProcessSpec(
            try required(config.process),
            config.linux,
            rights: try OwnRights(),
            degraded: { _ in }
        )
        let null = try Descriptor.open("/dev/null", O_RDWR)
        var spec = try ContainerSpec(config, id: id, bundle: folder, process: process, cgroup: group)
        if case .directory(let root) = spec.root.content { spec.process.addHome(below: root) }
        let program = try LaunchProgram(
            spec,
            streams: StandardStreams(input: null, output: null, error: null),
            features: [],
            gate: StartGate(start: null, failure: null)
        )
        try group.remove()
        return program.explained().indices.map(program.operation)
    }

    /// The names of the operations that start one more process in the container, which runs.
    func operationsOfExec(_ argument: String) throws -> [String] {
        let config = try RuntimeConfig(parsing: Array(config.utf8))
        var process = try ProcessSpec(
            try required(config.process),
            config.linux,
            rights: try OwnRights(),
            degraded: { _ in }
        )
        process.arguments = [argument]
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let record = try Runtime(root: root, keeper: "") { _ in }.inspect(id).record
        let group = try Cgroup(try CgroupPath(record.cgroup), existingIn: mounts, beside: record.pid)
        let program = LaunchProgram(
            process,
            in: try Descriptor.process(record.pid),
            namespaces: try HostProcess.namespaces(of: record.pid),
            cgroup: group,
            streams: StandardStreams(input: null, output: null, error: null)
        )
        return program.explained().indices.map(program.operation)
    }

    // MARK: What is left

    /// What is there of the container, and of whoever made it; nothing, as a rule, but it may take a moment.
    func left() async throws -> [String] {
        var found = try survey()
        for _ in 0..<300 where !found.isEmpty {
            try await Task.sleep(for: .milliseconds(10))
            found = try survey()
        }
        return found
    }

    /// The processes of the container by their host pids.
    func processes() throws -> [Int32] {
        try Cgroup.processes(at: try CgroupPath("/\(name)/\(id)"), in: mounts)
    }

    private func survey() throws -> [String] {
        var found: [String] = []
        if access("\(root)/\(id)", F_OK) == 0 { found.append("folder \(id)") }
        let path = try CgroupPath("/\(name)/\(id)")
        for folder in CgroupFolders(mounts: mounts, path: path).all() where access(folder, F_OK) == 0 {
            found.append("control group \(folder)")
        }
        found += try workplace.processes().map { "process \($0)" }
        let mountinfo = try Descriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 16 << 20)
        found += String(decoding: mountinfo, as: UTF8.self).split(separator: "\n").filter {
            $0.contains(name)
        }
        .map { "mount \($0)" }
        return found
    }

    /// What this host has, or an error.
    private func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw LinuxError("find", name, errno: ENOENT) }
        return value
    }
}

/// Runs `body` with a bundle and takes it away also when it fails.
func withTestBundle(_ body: (TestBundle) async throws -> Void) async throws {
    let bundle = try TestBundle()
    do { try await body(bundle) } catch {
        try bundle.end()
        throw error
    }
    try bundle.end()
}
