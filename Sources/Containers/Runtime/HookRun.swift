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
        let child = Spawn(
            hook.args.isEmpty ? [hook.path] : hook.args,
            program: hook.path,
            environment: hook.env,
            descriptors: [0: try Self.state(state)]
        )
        let pid: Int32
        do throws(LinuxError) {
            pid = try child.start()
        } catch {
            throw ContainerError(step: name, hook.path, cause: .errno(error.errno))
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
