// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// `martlet-runtime` as an engine calls it, on bundles of its own.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root"))
struct RuntimeTests {
    /// A bundle with busybox, and the runtime's own folder.
    private struct Bundle {
        let folder = "/var/tmp/martlet-test-runtime-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        /// Ids of control groups are the whole host's.
        let id = "judged-\(getpid())-\(UInt32.random(in: 0 ... .max))"

        init() throws {
            try Shell.run(
                "mkdir -p \(folder)/rootfs/bin \(folder)/rootfs/tmp && cp /bin/busybox \(folder)/rootfs/bin/ "
                    + "&& chroot \(folder)/rootfs /bin/busybox --install -s /bin"
            )
            try Shell.run("\(Self.program) spec --bundle \(folder)")
            try Shell.run("sed -i 's/\"terminal\": true/\"terminal\": false/' \(folder)/config.json")
        }

        static var program: String {
            let keeper = (try? TestNode.keeperProgram()) ?? ""
            return "MARTLET_KEEPER=$(realpath \(keeper)) $(realpath .build/debug/martlet-runtime)"
        }

        /// Makes `words` the command.
        func command(_ words: [String]) throws {
            let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
            try change("config['process']['args'] = [\(list)]")
        }

        /// Changes the configuration by lines of Python.
        func change(_ lines: String) throws {
            try Shell.run(
                "python3 - <<'END'\nimport json\npath = '\(folder)/config.json'\nconfig = json.load(open(path))\n"
                    + "\(lines)\njson.dump(config, open(path, 'w'))\nEND\n"
            )
        }

        /// Output, error and the exit code of a verb.
        func runtime(_ words: String) throws -> String {
            try Shell.run(
                "R=\"\(Self.program) --root \(folder)/run\"; (eval \"$R \(words)\") 2>&1; echo \"code $?\""
            )
        }

        /// What is left in the kernel of it.
        func left() throws -> String {
            try Shell.run(
                "find /sys/fs/cgroup -type d -name '*\(id)*'; grep \(folder) /proc/self/mountinfo || true; "
                    + "ls \(folder)/run 2>/dev/null || true"
            )
        }

        func end() throws {
            _ = try runtime("delete --force \(id)")
            try Shell.run("rm -rf \(folder)")
        }
    }

    private func withBundle(_ body: (Bundle) throws -> Void) throws {
        let bundle = try Bundle()
        do {
            try body(bundle)
            #expect(try bundle.left() == "")
        } catch {
            try bundle.end()
            throw error
        }
        try bundle.end()
    }

    @Test func `a bundle runs to its end, and nothing stays`() throws {
        try withBundle { bundle in
            try bundle.command(["sh", "-c", "id -u; hostname; exit 7"])
            #expect(
                try bundle.runtime("run --bundle \(bundle.folder) \(bundle.id)") == "0\nmartlet\ncode 7\n"
            )
        }
    }

    @Test func `a container goes from created over running and paused to stopped`() throws {
        try withBundle { bundle in
            let id = bundle.id
            func status() throws -> String {
                try Shell.run(
                    "\(Bundle.program) --root \(bundle.folder)/run state \(id) | sed -n 's/.*\"status\": \"\\(.*\\)\".*/\\1/p'"
                )
            }
            try bundle.command(["sleep", "1000"])
            let file = "\(bundle.folder)/pid"
            #expect(
                try bundle.runtime(
                    "create --bundle \(bundle.folder) --pid-file \(file) \(id) </dev/null >/dev/null 2>&1"
                )
                    == "code 0\n"
            )
            #expect(try status() == "created\n")
            let comm = try Shell.run("cat /proc/$(cat \(file))/comm")
            #expect(comm != "sleep\n", "it does not run before its start")
            #expect(try bundle.runtime("start \(id)") == "code 0\n")
            #expect(try status() == "running\n")
            #expect(try Shell.run("cat /proc/$(cat \(file))/comm") == "sleep\n")
            #expect(try bundle.runtime("start \(id)").contains("it must be created"))
            #expect(
                try bundle.runtime("ps --format json \(id)") == "[\(try Shell.run("cat \(file)"))]\ncode 0\n"
            )
            #expect(try bundle.runtime("exec \(id) sh -c 'exit 5'") == "code 5\n")
            #expect(try bundle.runtime("pause \(id)") == "code 0\n")
            #expect(try status() == "paused\n")
            #expect(try bundle.runtime("resume \(id)") == "code 0\n")
            #expect(try bundle.runtime("delete \(id)").contains("not stopped"))
            #expect(try bundle.runtime("kill \(id) KILL") == "code 0\n")
            for _ in 0..<200 where try status() != "stopped\n" { usleep(10_000) }
            #expect(try status() == "stopped\n")
            #expect(try bundle.runtime("kill \(id) TERM").contains("container not running"))
            #expect(try bundle.runtime("delete \(id)") == "code 0\n")
            #expect(try bundle.runtime("state \(id)").contains("does not exist"))
            #expect(try bundle.runtime("delete --force \(id)") == "code 0\n")
        }
    }

    @Test func `events tell what is used and a kill for want of memory, and end with the container`() throws {
        try withBundle { bundle in
            // 16 MiB are asked for once the file is there; its parent, the first process, lives on.
            try bundle.command([
                "sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.1; done; tail /dev/zero; sleep 1000",
            ])
            try Shell.run(
                "python3 - <<'END'\nimport json\npath = '\(bundle.folder)/config.json'\nconfig = json.load(open(path))\n"
                    + "config['linux'].setdefault('resources', {})['memory'] = {'limit': 16 << 20}\n"
                    + "config['root']['readonly'] = False\njson.dump(config, open(path, 'w'))\nEND\n"
            )
            let id = bundle.id, file = "\(bundle.folder)/events"
            #expect(
                try bundle.runtime("create --bundle \(bundle.folder) \(id) </dev/null >/dev/null 2>&1")
                    == "code 0\n"
            )
            #expect(try bundle.runtime("start \(id)") == "code 0\n")
            let events = "\(Bundle.program) --root \(bundle.folder)/run events --interval 200ms \(id)"
            try Shell.run("(timeout 60 env \(events); echo \"code $?\") >\(file) 2>&1 </dev/null &")
            func count(_ type: String) throws -> Int {
                try Shell.run("grep -c '^{\"type\":\"\(type)\",\"id\":\"\(id)\"' \(file) || true").split(
                    separator: "\n"
                )
                .first.flatMap { Int($0) } ?? 0
            }
            let deadline = ContinuousClock.now + .seconds(50)
            func wait(_ condition: () throws -> Bool) throws {
                while try !condition(), ContinuousClock.now < deadline { usleep(20_000) }
            }
            try wait { try count("stats") >= 2 }
            try Shell.run("touch \(bundle.folder)/rootfs/tmp/go")
            try wait { try count("oom") > 0 }
            #expect(try count("oom") == 1)
            #expect(try bundle.runtime("kill \(id) KILL") == "code 0\n")
            try wait { try Shell.run("cat \(file)").contains("code") }
            let told = try Shell.run("cat \(file)")
            #expect(told.hasSuffix("code 0\n") && told.contains(#""memory":{"usage":{"usage":"#), "\(told)")
            for words in ["--interval 0s", "--interval 5", "--interval 1y"] {
                #expect(try bundle.runtime("events \(words) \(id)").contains("--interval"))
            }
            #expect(try bundle.runtime("events \(id)").contains("not running"))
            #expect(try bundle.runtime("delete \(id)") == "code 0\n")
        }
    }

    // Engines tell exit codes 127 and 126 by these words.
    @Test(arguments: [
        ("/nope", "exec: \"/nope\": stat /nope: no such file or directory"),
        ("nope", "exec: \"nope\": executable file not found in $PATH"),
        ("/tmp", "exec: \"/tmp\": permission denied"),
    ])
    func `a program that cannot be run is told when the container is made`(_ program: String, _ words: String)
        throws
    {
        try withBundle { bundle in
            try bundle.command([program])
            let told = try bundle.runtime("create --bundle \(bundle.folder) \(bundle.id) </dev/null")
            #expect(told.contains(words) && told.contains("code 1"), "\(told)")
        }
    }

    // "/.." is whatever lies over the root: were it the old root, the whole host would be there.
    @Test(arguments: ["", "without /dev", "with the host's /dev", "with a read-only /dev"], [false, true])
    func `nothing lies over the root of a container`(_ dev: String, inUserNamespace: Bool) throws {
        try withBundle { bundle in
            try bundle.command([
                "sh", "-c", "stat -c %d:%i / /..; ls / >/tmp/root; ls /.. | diff /tmp/root - && echo same",
            ])
            try bundle.change(
                """
                config['root']['readonly'] = False
                mounts = config['mounts']
                if '/dev' in "\(dev)" and 'read-only' not in "\(dev)":
                    config['mounts'] = mounts = [m for m in mounts if not m['destination'].startswith('/dev')]
                if 'host' in "\(dev)":
                    mounts.append({'destination': '/dev', 'type': 'bind', 'source': '/dev', 'options': ['rbind']})
                if 'read-only' in "\(dev)":
                    [m for m in mounts if m['destination'] == '/dev'][0]['options'].append('ro')
                if \(inUserNamespace ? "True" : "False"):
                    config['linux']['namespaces'].append({'type': 'user'})
                    config['linux']['uidMappings'] = [{'containerID': 0, 'hostID': 1879048192, 'size': 65536}]
                    config['linux']['gidMappings'] = config['linux']['uidMappings']
                """
            )
            if inUserNamespace {
                try Shell.run("chown -R 1879048192:1879048192 \(bundle.folder)/rootfs")
            }
            let lines = try bundle.runtime("run --bundle \(bundle.folder) \(bundle.id)").split(
                separator: "\n"
            )
            try #require(lines.count == 4, "\(lines)")
            #expect(lines[0] == lines[1])
            #expect(lines[2] == "same" && lines[3] == "code 0")
        }
    }

    // What an older profile does not know it answers with ENOSYS, to us as well.
    @Test(arguments: [false, true])
    func `a container starts behind a filter that is older than the calls of a launch`(noNewPrivileges: Bool)
        throws
    {
        let calls = """
            access arch_prctl brk capget capset chdir clock_nanosleep clone close dup dup2 execve exit exit_group faccessat fchdir \
            fcntl fork fstat futex getcwd getdents64 getegid geteuid getgid getpid getppid getuid ioctl kill lseek \
            lstat mmap mprotect munmap nanosleep newfstatat open openat pipe pipe2 poll prctl pread64 prlimit64 read \
            readlink rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait set_robust_list set_tid_address setgid \
            setgroups setresgid setresuid setuid stat statx umask uname utimensat vfork wait4 waitid write writev
            """
        try withBundle { bundle in
            try bundle.command(["sh", "-c", "ls /proc/self/fd | wc -w; exit 5"])
            try bundle.change(
                """
                config['process']['noNewPrivileges'] = \(noNewPrivileges ? "True" : "False")
                allowed = [{'names': '\(calls)'.split(), 'action': 'SCMP_ACT_ALLOW'}]
                config['linux']['seccomp'] = {'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': allowed}
                config['hooks'] = {'startContainer': [{'path': '/bin/touch', 'args': ['touch', '/tmp/hook']}]}
                config['root']['readonly'] = False
                """
            )
            // The standard three, and the folder that is read.
            #expect(try bundle.runtime("run --bundle \(bundle.folder) \(bundle.id)") == "4\ncode 5\n")
            try Shell.run("test -e \(bundle.folder)/rootfs/tmp/hook")
            try bundle.change(
                "config['hooks']['startContainer'][0] = {'path': '/bin/sleep', 'args': ['sleep', '100'], 'timeout': 1}"
            )
            let told = try bundle.runtime("run --bundle \(bundle.folder) \(bundle.id)")
            #expect(told.contains("hook /bin/sleep") && told.contains("ETIMEDOUT"), "\(told)")
        }
    }

    @Test func `hooks run at their time with the container's state`() throws {
        try withBundle { bundle in
            try bundle.command(["true"])
            try Shell.run(
                """
                cat >\(bundle.folder)/note <<'END'
                #!/bin/sh
                echo "$1 $(sed 's/.*"status":"\\([a-z]*\\)".*/\\1/')" >>\(bundle.folder)/notes
                END
                chmod +x \(bundle.folder)/note
                """
            )
            try bundle.change(
                """
                kinds = ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop']
                config['hooks'] = {k: [{'path': '\(bundle.folder)/note', 'args': ['note', k]}] for k in kinds}
                """
            )
            #expect(try bundle.runtime("run --bundle \(bundle.folder) \(bundle.id)") == "code 0\n")
            #expect(
                try Shell.run("cat \(bundle.folder)/notes").split(separator: "\n") == [
                    "prestart creating", "createRuntime creating", "createContainer creating",
                    "poststart running", "poststop stopped",
                ]
            )
            // One that fails, fails the creation, and nothing is left.
            try Shell.run("printf '#!/bin/sh\\nexit 3\\n' >\(bundle.folder)/note")
            let told = try bundle.runtime("run --bundle \(bundle.folder) \(bundle.id)")
            #expect(told.contains("hooks.prestart[0]") && told.contains("status 3"), "\(told)")
        }
    }

    // A shim reads from its runtime until nobody can write any more, and starts the container after that.
    @Test func `a container with a terminal keeps none of its maker's streams while it waits`() throws {
        try withBundle { bundle in
            try bundle.command(["sh", "-c", "sleep 0.2; tty"])
            try Shell.run("sed -i 's/\"terminal\": false/\"terminal\": true/' \(bundle.folder)/config.json")
            // What a shim does, in short.
            let shim = """
                import os, socket, subprocess, sys
                folder, runtime = sys.argv[1:]
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(folder + '/console')
                listener.listen()
                create = runtime + ' create --console-socket ' + folder + '/console --bundle ' + folder + ' \(bundle.id)'
                made = subprocess.run(create, shell=True, capture_output=True, timeout=30)
                terminal = socket.recv_fds(listener.accept()[0], 100, 1)[1][0]
                started = subprocess.run(runtime + ' start \(bundle.id)', shell=True, capture_output=True, timeout=30)
                print(made.returncode, started.returncode, os.read(terminal, 100).decode().strip())
                """
            let file = try Descriptor.open("\(bundle.folder)/shim", O_CREAT | O_WRONLY, mode: 0o600)
            try file.write(Array("\(shim)\n".utf8))
            let told = try Shell.run(
                "python3 \(bundle.folder)/shim \(bundle.folder) \"\(Bundle.program) --root \(bundle.folder)/run\""
            )
            #expect(told == "0 0 /dev/pts/0\n", "\(told)")
            for _ in 0..<200 where try !bundle.runtime("state \(bundle.id)").contains("stopped") {
                usleep(10_000)
            }
            #expect(try bundle.runtime("delete \(bundle.id)") == "code 0\n")
        }
    }
}
