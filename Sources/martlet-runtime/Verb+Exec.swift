// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

extension Verb {
    func exec() throws -> Int32 {
        let options = try options(
            [
                .value("process", "p"), .value("pid-file"), .value("console-socket"), .value("preserve-fds"),
                .value("cwd"), .value("env", "e"), .value("user", "u"), .value("additional-gids", "g"),
                .value("cap", "c"), .value("apparmor"), .value("process-label"), .flag("detach", "d"),
                .flag("tty", "t"), .flag("no-new-privs"), .flag("ignore-paused"), .flag("no-subreaper"),
                .value("cgroup"),
            ],
            firstWords: 1
        )
        guard let id = options.words.first else { throw UsageError("no container id: write one") }
        var execution = Runtime.Execution(try process(id, options))
        execution.pidFile = options["pid-file"]
        execution.consoleSocket = options["console-socket"]
        execution.preservedDescriptors = try Self.preserved(options)
        execution.ignorePaused = options.has("ignore-paused")
        if let group = options["cgroup"], group != "/" {
            throw UsageError("--cgroup \(group): not supported: the process goes into the container's own")
        }
        do {
            if options.has("detach") {
                _ = try runtime.exec(id, execution)
                return 0
            }
            let foreground = try Foreground()
            if execution.process.terminal && execution.consoleSocket == nil {
                execution.console = try foreground.console()
            }
            return try foreground.wait(for: runtime.exec(id, execution))
        } catch {
            // As runc has it: a command may end with any status up to 254 by itself.
            throw ExitStatus(status: 255, cause: error)
        }
    }

    private func process(_ id: String, _ options: Options) throws -> RuntimeConfig.Process {
        if let file = options["process"] {
            let bytes = try Descriptor.open(file, O_RDONLY).readAll(limit: 16 << 20)
            var process = try RuntimeConfig.Process(parsing: bytes, document: file)
            if options.has("tty") { process.terminal = true }
            return process
        }
        let command = Array(options.words.dropFirst())
        guard !command.isEmpty else { throw UsageError("no command: write one after the container id") }
        var process = try runtime.process(of: id, running: command)
        process.terminal = options.has("tty")
        if let cwd = options["cwd"] { process.cwd = cwd }
        process.env += options.all("env")
        if options.has("no-new-privs") { process.noNewPrivileges = true }
        if let profile = options["apparmor"] { process.apparmorProfile = profile }
        if let label = options["process-label"] { process.selinuxLabel = label }
        if let user = options["user"] { try Self.set(user, &process) }
        for word in options.all("additional-gids") {
            guard let group = UInt32(word), group != .max else {
                throw UsageError("--additional-gids \(word): not a group id: write a number")
            }
            process.user.additionalGids.append(group)
        }
        let more = options.all("cap")
        if !more.isEmpty {
            var sets = process.capabilities ?? RuntimeConfig.Capabilities()
            for name in more {
                guard Capability(name) != nil else {
                    throw UsageError("--cap \(name): unknown: write CAP_...")
                }
            }
            sets.bounding += more
            sets.effective += more
            sets.permitted += more
            process.capabilities = sets
        }
        return process
    }

    private static func set(_ user: String, _ process: inout RuntimeConfig.Process) throws(UsageError) {
        let parts = user.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let uid = UInt32(parts[0]), uid != .max else {
            throw UsageError("--user \(user): not an id: write UID or UID:GID in numbers")
        }
        process.user.uid = uid
        if parts.count == 2 {
            guard let gid = UInt32(parts[1]), gid != .max else {
                throw UsageError("--user \(user): not a group id: write UID:GID in numbers")
            }
            process.user.gid = gid
        }
    }
}
