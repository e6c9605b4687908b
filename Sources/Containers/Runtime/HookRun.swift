// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// A hook that runs in the runtime's own namespaces.
enum HookRun {
    /// The container's state as a file that hooks read; its position is at the start.
    static func state(_ state: RuntimeState) throws -> Descriptor {
        let memory = Descriptor(
            owning: try check(
                "memfd_create",
                "state",
                martlet_memfd_create("state", UInt32(MARTLET_MFD_CLOEXEC))
            )
        )
        try memory.write(state.json.bytes())
        try memory.rewind()
        return memory
    }

    /// Runs each in turn; throws at the first that fails, naming `kind` and its place in the list.
    static func all(_ hooks: [RuntimeConfig.Hook], _ kind: String, _ state: RuntimeState) throws {
        for (index, hook) in hooks.enumerated() {
            try run(hook, "hooks.\(kind)[\(index)]", state)
        }
    }

    static func run(_ hook: RuntimeConfig.Hook, _ name: String, _ state: RuntimeState) throws {
        let input = try Self.state(state)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input.number, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = hook.args.isEmpty ? [hook.path] : hook.args
        var pid: Int32 = 0
        let result = withCStrings(words) { arguments in
            withCStrings(hook.env) { posix_spawn(&pid, hook.path, &actions, &attributes, arguments, $0) }
        }
        guard result == 0 else {
            throw ContainerError(step: name, hook.path, cause: .errno(result))
        }
        let handle = try Descriptor.process(pid)
        var status: Int32 = 0
        if let timeout = hook.timeout {
            var watched = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
            var ready: Int32
            repeat {
                ready = poll(&watched, 1, Int32(clamping: Int64(timeout / .milliseconds(1))))
            } while ready < 0 && errno == EINTR
            if ready == 0 {
                handle.kill()
                while waitpid(pid, nil, 0) < 0 && errno == EINTR {}
                throw ContainerError(step: name, hook.path, cause: .errno(ETIMEDOUT))
            }
        }
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            let how = status & 0x7f == 0 ? "status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
            throw ContainerError(step: name, hook.path, cause: .unsupported("it ended with \(how)"))
        }
    }
}
