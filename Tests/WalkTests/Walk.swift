// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Containers
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

/// The built `martlet` with state and runtime folders and a host port of its own.
final class Walk: Sendable {
    /// The program that is walked; what the optimiser made of it is walked, too.
    static let martlet = getenv("MARTLET_PROGRAM").map { String(cString: $0) } ?? ".build/debug/martlet"

    let folder: String
    let port: UInt16
    let owner: String
    private let runs = Mutex<[ForegroundRun]>([])
    private let started = Mutex(0)

    init() throws {
        try #require(access(Self.martlet, X_OK) == 0, "build it first: swift build --build-tests")
        try #require(
            access("\(Self.martlet)-keeper", X_OK) == 0,
            "build it first: make .build/debug/martlet-keeper"
        )
        folder = "/var/tmp/martlet-walk-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        owner = try Folders(state: "\(folder)/state", runtime: "\(folder)/run").owner
        port = try LoopbackServer.freePort()
    }

    // MARK: The command

    /// Starts a verb with this walk's folders.
    func start(_ verb: [String], _ arguments: [String] = [], under: [String] = []) throws -> ForegroundRun {
        let number = started.withLock { started in
            started += 1
            return started
        }
        // The others ask the agent.
        let isLocal = ["run", "agent", "image", "logs"].contains(verb.first)
        let state = isLocal ? ["--state-dir", "\(folder)/state"] : []
        let run = try ForegroundRun(
            under + [Self.martlet] + verb + state + ["--runtime-dir", "\(folder)/run"] + arguments,
            output: "\(folder)/output.\(number)"
        )
        runs.withLock { $0.append(run) }
        return run
    }

    /// Runs a verb to its end: exit code and output.
    @discardableResult
    func martlet(_ verb: String..., with arguments: [String] = []) async throws -> (
        code: Int32, output: String
    ) {
        let run = try start(verb, arguments)
        return (try await run.exit(), try run.output())
    }

    /// `martlet logs`, without its remark that it reads the spools because no agent answers.
    func logs(_ arguments: String...) async throws -> (code: Int32, output: String) {
        let run = try await martlet("logs", with: arguments)
        let lines = run.output.split(separator: "\n").filter {
            !$0.hasPrefix("martlet: agent: no agent answers")
        }
        return (run.code, lines.map { "\($0)\n" }.joined())
    }

    /// Writes a desired-state file; its path.
    func file(_ text: String, _ name: String = "compose.yaml") throws -> String {
        let path = "\(folder)/\(name)"
        try Descriptor.open(path, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(Array(text.utf8))
        return path
    }

    /// `martlet run` of a text, until it says that it is up.
    func up(_ text: String, quiet: Bool = false) async throws -> ForegroundRun {
        let run = try start(["run"], (quiet ? ["--quiet"] : []) + [try file(text)])
        try await run.wait(for: "is up: Ctrl-C stops it")
        return run
    }

    // MARK: The daemon

    /// Starts the agent and waits until it answers.
    ///
    /// It has the few descriptors that a shell or systemd gives.
    func agent(_ arguments: [String] = [], under: [String] = []) async throws -> ForegroundRun {
        let run = try start(
            ["agent"],
            arguments,
            under: under + ["/bin/sh", "-c", "ulimit -Sn 256; exec \"$@\"", "sh"]
        )
        try await run.wait(for: "the agent serves")
        return run
    }

    /// Ends the agent as a service manager does.
    func end(_ agent: ForegroundRun) async throws {
        kill(agent.pid, SIGTERM)
        let code = try await agent.exit()
        #expect(code == 0, "\(agent.shown)")
    }

    /// `martlet apply --wait` of a text that is good.
    func apply(_ text: String) async throws {
        let result = try await martlet("apply", with: ["--wait", try file(text)])
        try #require(result.code == 0, "\(result.output)")
    }

    /// `martlet down` of apps that are there.
    func down(_ apps: String...) async throws {
        for app in apps {
            let result = try await martlet("down", with: [app])
            try #require(result.code == 0, "\(result.output)")
        }
    }

    /// What `martlet ps --json` tells.
    func instances() async throws -> [InstanceStatus] {
        let result = try await martlet("ps", with: ["--json"])
        try #require(result.code == 0, "\(result.output)")
        return try JSONDecoder().decode([InstanceStatus].self, from: Data(result.output.utf8))
    }

    /// The lines of `martlet logs`, without the name in front.
    func lines(_ target: String) async throws -> [Substring] {
        let log = try await logs(target)
        try #require(log.code == 0, "\(log.output.prefix(2_000))")
        return log.output.split(separator: "\n").map { $0.drop { $0 != "|" }.dropFirst(2) }
    }

    // MARK: Images

    static let images = getenv("MARTLET_EXAMPLE_IMAGES").map { String(cString: $0) } ?? ".build/demo/images"

    /// The example's file on this walk's port, its checks more often if `quick`.
    func example(quick: Bool = true) throws -> String {
        let bytes = try Descriptor.open("Config/examples/clickme/compose.yaml", O_RDONLY).readAll(
            limit: 65_536
        )
        let text = String(decoding: bytes, as: UTF8.self).replacing(
            "127.0.0.1:8080:",
            with: "127.0.0.1:\(port):"
        )
        return quick ? text.replacing("interval: 5s", with: "interval: 2s") : text
    }

    /// Imports the images of the example.
    func importExample() async throws {
        for name in ["web", "redis"] {
            try #require(
                access("\(Self.images)/\(name)/index.json", R_OK) == 0,
                "no image in \(Self.images)/\(name): make it with Config/examples/clickme/images/build \(Self.images)"
            )
        }
        let result = try await martlet(
            "image",
            "import",
            with: ["\(Self.images)/web", "\(Self.images)/redis"]
        )
        try #require(result.code == 0, "\(result.output)")
    }

    /// Makes and imports `busybox:walk` from the host's busybox; `extra` is a shell line that adds to `layer/`.
    func importBusybox(extra: String = "true") async throws {
        let layout = "\(folder)/layout"
        try Shell.run(
            """
            set -e; umask 022; cd \(folder); mkdir -p layer/bin layer/tmp layer/etc layer/www layout/blobs/sha256
            cp /bin/busybox layer/bin/; chroot layer /bin/busybox --install -s /bin; echo up >layer/www/index.html
            date +%s.%N >layer/etc/made  # each is another image
            \(extra)
            tar -c -C layer --numeric-owner . >layer.tar
            blob() { sum=$(sha256sum "$1" | cut -d' ' -f1); size=$(stat -c %s "$1"); mv "$1" layout/blobs/sha256/$sum; }
            blob layer.tar; layer=$sum; type=application/vnd.oci.image
            printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
                "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" $layer >config
            layersize=$size; blob config
            printf '{"schemaVersion":2,"config":{"mediaType":"%s","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"%s","digest":"sha256:%s","size":%s}]}' \
                $type.config.v1+json $sum $size $type.layer.v1.tar $layer $layersize >manifest
            blob manifest
            printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"sha256:%s","size":%s,"annotations":{"org.opencontainers.image.ref.name":"busybox:walk"}}]}' \
                $type.manifest.v1+json $sum $size >layout/index.json
            echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout; rm -rf layer
            """
        )
        let result = try await martlet("image", "import", with: [layout])
        try #require(result.code == 0, "\(result.output)")
    }

    // MARK: What a user sees

    /// The page on this walk's port; a service without a health check may not listen yet.
    func page(_ path: String = "") throws -> String {
        try Shell.run(
            "curl -s --show-error --fail --max-time 60 --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:\(port)/\(path)"
        )
    }

    /// The container pids by id, from the keeper.
    func pids() async throws -> [String: Int32] {
        let keeper = try await keeper()
        defer { keeper.close() }
        return try await keeper.list().reduce(into: [:]) { found, entry in
            if entry.state == .running, !entry.id.contains(".") { found[entry.id] = entry.pid }
        }
    }

    /// Every process in this walk's control groups.
    func groupPids() async throws -> [Int32] {
        let files = "/sys/fs/cgroup -name cgroup.procs -path '*/martlet-\(owner)*'"
        return try Shell.run("find \(files) -exec cat {} + | sort -u").split(separator: "\n").compactMap {
            Int32($0)
        }
    }

    /// A connection to the keeper, which may still be starting.
    func keeper() async throws -> Keeper {
        let deadline = ContinuousClock.now + ForegroundRun.patience
        while true {
            do {
                return try await Keeper.connect(runtimeDirectory: "\(folder)/run")
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    // MARK: What is left

    /// What this walk has in the kernel, and its processes; other agents' things are left out.
    func census() throws -> [String] {
        let tables =
            "nft list ruleset 2>/dev/null | grep -o 'martlet:\(owner):[^\"]*' | sort -u | sed 's/^/table /' || true"
        let processes =
            "grep -lsaF \(folder)/ /proc/[0-9]*/cmdline | xargs -r -n1 dirname | sed 's/$/\\/comm/' | xargs -r cat 2>/dev/null || true"
        let all = try Shell.run(
            "Tests/census \(folder)/state \(folder)/run | grep -e \(owner) -e \(folder) || true; \(tables)"
        )
        let found = try Shell.run(processes).split(separator: "\n").filter { $0.contains("martlet") }.map {
            "process \($0)"
        }
        // ip(8) says that links came and went while it looked; whoever waits for a state looks again.
        let lines = all.split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("Dump was interrupted")
        }
        return (lines + found).sorted()
    }

    /// What agent and keeper use: processes, threads, and memory in KiB, that which is shared by its share (PSS).
    func ownUse() throws -> (processes: Int, threads: Int, memory: Int) {
        let folders = try Shell.run("grep -lsaF \(folder)/ /proc/[0-9]*/cmdline | xargs -r -n1 dirname")
        let own = try folders.split(separator: "\n").filter {
            try Shell.run("cat \($0)/comm 2>/dev/null || true").hasPrefix("martlet")
        }
        let files = { (name: String) in own.map { "\($0)/\(name)" }.joined(separator: " ") }
        let threads = try Shell.run("awk '/^Threads:/ { n += $2 } END { print n }' \(files("status"))")
        let memory = try Shell.run("awk '/^Pss:/ { n += $2 } END { print n }' \(files("smaps_rollup"))")
        return (own.count, Int(threads.dropLast()) ?? 0, Int(memory.dropLast()) ?? 0)
    }

    /// Takes away whatever a failed test left.
    func end() throws {
        try wipe()
        try Shell.run("rm -rf \(folder)")
    }

    /// Kills all of it, and takes away what it had in the kernel, as if the machine was gone.
    func wipe() throws {
        for run in runs.withLock({ $0 }) { run.kill() }
        try Shell.run(
            """
            # More than once: a keeper that was being started shows its parent's name until it execs.
            for try in 1 2 3 4 5; do
                for file in $(grep -lsaF \(folder)/run /proc/[0-9]*/cmdline); do
                    pid=${file#/proc/}; pid=${pid%/cmdline}
                    case $(cat /proc/$pid/comm 2>/dev/null) in martlet*|memfd:martlet*) kill -9 $pid;; esac
                done
                sleep 0.05
            done
            groups() { find /sys/fs/cgroup -depth -type d -path '*/martlet-\(owner)*' 2>/dev/null; }
            for try in 1 2 3 4 5 6 7 8 9 10; do
                [ -n "$(groups)" ] || break
                for group in $(groups); do kill -9 $(cat $group/cgroup.procs 2>/dev/null) 2>/dev/null; rmdir $group 2>/dev/null; done
                [ -z "$(groups)" ] || sleep 0.1
            done
            ip -o link | grep martlet:\(owner): | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/' | while read -r link; do ip link del "$link"; done
            nft list tables | while read -r _ family table; do
                case $table in martlet_*) nft list table $family $table | grep -q martlet:\(owner): && nft delete table $family $table;; esac
            done
            awk -v folder=\(folder)/ 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
            """
        )
    }
}

/// Runs `body` with a walk; whatever happens nothing stays behind, and a test that passes has left nothing itself.
func withWalk(_ body: (Walk) async throws -> Void) async throws {
    let walk = try Walk()
    do {
        let before = try walk.census()
        try await body(walk)
        // A process that was told to end may still be on its way out; what stays is a leak.
        let deadline = ContinuousClock.now + ForegroundRun.patience
        var after = try walk.census()
        while after != before, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            after = try walk.census()
        }
        #expect(after == before)
    } catch {
        try walk.end()
        throw error
    }
    try walk.end()
}
