// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension Runtime {
    /// Starts the program of a container that was made.
    ///
    /// Returns once it runs; throws what kept it from running.
    public func start(_ id: String) throws {
        let (folder, record) = try find(id, "start")
        let before = try state(folder, record)
        guard before.status == .created else {
            throw RuntimeError.refused(
                "start",
                id,
                "cannot start a container that is \(before.status.rawValue): it must be created"
            )
        }
        let failed: (operation: Int32, errno: Int32)?
        do {
            failed = try folder.openGate()
        } catch let error as LinuxError where error.errno == ENXIO || error.errno == EPIPE {
            throw RuntimeError.notRunning("start", id)
        }
        if let failed {
            let program = try folder.config().process?.args.first ?? id
            let isExec = failed.operation == record.operations.keys.max()
            throw (isExec ? Self.execFailure(program, failed.errno) : nil)
                ?? LaunchProgram.failure(
                    "start",
                    id,
                    record.operations[failed.operation] ?? "operation \(failed.operation)",
                    failed.errno
                )
        }
        let config = try folder.config()
        var running = before
        running.status = .running
        for (index, hook) in config.hooks.poststart.enumerated() {
            do { try HookRun.run(hook, "hooks.poststart[\(index)]", running) } catch { warn("\(error)") }
        }
    }

    /// A program that cannot be run, in the words that engines look for; nil for other failures.
    static func execFailure(_ program: String, _ number: Int32) -> ContainerError? {
        let what: String
        switch number {
        case ENOENT where program.contains("/"), ENOTDIR where program.contains("/"):
            what = "stat \(program): no such file or directory"
        case ENOENT, ENOTDIR: what = "executable file not found in $PATH"
        case EACCES, EPERM: what = "permission denied"
        case ENOEXEC: what = "exec format error"
        default: return nil
        }
        return ContainerError(step: "exec:", program.debugDescription, cause: .unsupported(what))
    }
}
