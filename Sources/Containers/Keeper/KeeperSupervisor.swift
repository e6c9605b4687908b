// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// What systemd does for `martlet-keeper.service`, for the foreground form: starts the keeper, holds its
/// descriptor store, and starts another with the stored descriptors when it dies.
///
/// The store speaks sd_notify(3): `FDSTORE=1`, `FDSTOREREMOVE=1`, `FDNAME=`.
public final class KeeperSupervisor: Sendable {
    private struct State {
        var store: [(name: String, descriptor: Descriptor)] = []
        var pid: Int32 = -1
        var stopping = false
        var starts = 0
    }

    private let program: String
    private let runtimeDirectory: String
    private let folder: Descriptor
    private let notify: Descriptor
    private let state = Mutex(State())

    /// Serves the runtime folder, which must exist, with the keeper binary at `program`.
    public init(program: String, runtimeDirectory: String) throws {
        self.program = program
        self.runtimeDirectory = runtimeDirectory
        folder = try Descriptor.open(runtimeDirectory, O_DIRECTORY | MARTLET_O_PATH)
        _ = unlinkat(folder.number, "notify.sock", 0)  // of a run before; bind tells what else is wrong
        notify = try Descriptor.bind(
            "/proc/self/fd/\(folder.number)/notify.sock",
            kind: Int32(SOCK_DGRAM.rawValue)
        )
        try check("fchmodat", "notify.sock", fchmodat(folder.number, "notify.sock", 0o600, 0))
        try receiveInBackground()
    }

    /// The keeper's pid, -1 while there is none.
    public var pid: Int32 { state.withLock(\.pid) }
    /// How often a keeper has been started.
    public var starts: Int { state.withLock(\.starts) }

    /// Starts the keeper, unless `running` is the pid of one that serves already, and keeps one running until
    /// `stop`.
    ///
    /// Returns once it is started; it may not serve yet.
    public func start(running: Int32? = nil) throws {
        let first = try running ?? spawn()
        state.withLock { $0.pid = first }
        try Thread.detach { [self] in
            var current: Int32? = first
            while true {
                if let pid = current { sleepUntilEnd(of: pid) }
                let stopping = state.withLock { state in
                    state.pid = -1
                    return state.stopping
                }
                if stopping {
                    shutdown(notify.number, Int32(SHUT_RDWR))  // ends the store's thread
                    return
                }
                usleep(20_000)  // a keeper that cannot start must not spin
                current = try? spawn()
            }
        }
    }

    /// Waits until a process has ended and reaps it if it is ours.
    private func sleepUntilEnd(of pid: Int32) {
        if let process = try? Descriptor.process(pid) {
            var watched = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
            while poll(&watched, 1, -1) < 0 && errno == EINTR {}
        }
        waitpid(pid, nil, 0)  // ECHILD: a keeper that we did not start
    }

    /// Does not start another keeper when this one ends.
    public func stop() { state.withLock { $0.stopping = true } }

    private func spawn() throws -> Int32 {
        try state.withLock { state in
            guard !state.stopping else { throw LinuxError("posix_spawn", program, errno: ECANCELED) }
            let names = state.store.map(\.name).joined(separator: ":")
            var keeper = Spawn(
                [program, "--runtime-dir=\(runtimeDirectory)"],
                environment: [
                    "NOTIFY_SOCKET=\(try absolute(runtimeDirectory))/notify.sock",
                    "LISTEN_FDS=\(state.store.count)", "LISTEN_FDNAMES=\(names)",
                ],
                descriptors: [0: try Descriptor.open("/dev/null", O_RDONLY)]
            )
            for (index, stored) in state.store.enumerated() {
                keeper.descriptors[Int32(3 + index)] = stored.descriptor
            }
            keeper.leadsGroup = true  // a terminal's Ctrl-C is not for it
            let pid = try keeper.start()
            state.pid = pid
            state.starts += 1
            return pid
        }
    }

    private func absolute(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { throw LinuxError("realpath", path, errno: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private func receiveInBackground() throws {
        try Thread.detach { [self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                do {
                    let (length, descriptors) = try buffer.withUnsafeMutableBytes {
                        try notify.receive(into: $0, descriptors: 8)
                    }
                    if length == 0, state.withLock({ $0.stopping && $0.pid < 0 }) { return }
                    keep(String(decoding: buffer.prefix(length), as: UTF8.self), descriptors)
                } catch let error as LinuxError where error.errno == EMSGSIZE {
                    continue  // nothing that a keeper sends
                } catch {
                    return
                }
            }
        }
    }

    private func keep(_ message: String, _ descriptors: [Descriptor]) {
        let lines = message.split(separator: "\n")
        guard let name = lines.first(where: { $0.hasPrefix("FDNAME=") }).map({ String($0.dropFirst(7)) })
        else { return }
        state.withLock { state in
            if lines.contains("FDSTOREREMOVE=1") { state.store.removeAll { $0.name == name } }
            guard lines.contains("FDSTORE=1"), let descriptor = descriptors.first else { return }
            state.store.removeAll { $0.name == name }
            state.store.append((name, descriptor))
        }
    }
}
