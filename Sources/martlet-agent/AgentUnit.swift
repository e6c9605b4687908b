internal import Agent
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Glibc
internal import Linux
internal import Synchronization

/// The foreground form's own agent: `martlet agent` as a child that is started again when it dies, and that
/// dies with us.
final class AgentUnit: Sendable {
    private struct State {
        var pid: Int32 = -1
        var stopping = false
        var status: Int32?
    }

    private let arguments: [String]
    /// The child's standard input: its end is ours.
    private let life: (read: Descriptor, write: Descriptor)
    private let state = Mutex(State())

    /// Starts the agent of these folders; its containers may have so many files open.
    ///
    /// It takes these variables of our environment as secrets.
    init(_ folders: Folders, openFiles: UInt64, secretVariables: [String]) throws {
        arguments =
            [
                "/proc/self/exe", "agent", "--with-parent", "--state-dir", folders.state, "--runtime-dir",
                folders.runtime, "--open-files", "\(openFiles)",
            ] + secretVariables.flatMap { ["--secret-environment", $0] }
        life = try Descriptor.pipe()
        try spawn()
        try Thread.detach { [self] in watch() }
    }

    /// Asks it to end; asked a second time, it does not wait for grace periods.
    func interrupt() {
        state.withLock { state in
            state.stopping = true
            if state.pid > 0 { kill(state.pid, SIGTERM) }
        }
    }

    /// Waits until it has ended by itself or because it was asked to; its exit code.
    func end() async throws -> Int32 {
        while true {
            if let status = state.withLock(\.status) { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func watch() {
        while true {
            let pid = state.withLock(\.pid)
            var word: Int32 = 0
            while pid > 0, waitpid(pid, &word, 0) < 0, errno == EINTR {}
            let isOver = state.withLock { state in
                state.pid = -1
                guard pid > 0 || state.stopping else { return false }  // one that could not be started
                // One that gave up has said why, and would again; one that crashed is started again.
                let hasExited = word & 0x7f == 0
                guard state.stopping || hasExited else { return false }
                state.status = hasExited ? word >> 8 & 0xff : 128 + word & 0x7f
                return true
            }
            if isOver { return }
            usleep(100_000)  // one that cannot start must not spin
            do { try spawn() } catch { Terminal.complain("\(error)") }
        }
    }

    private func spawn() throws {
        try state.withLock { state in
            guard !state.stopping else { return }
            var agent = Spawn(arguments, descriptors: [0: life.read])
            agent.leadsGroup = true  // a terminal's Ctrl-C is not for it
            state.pid = try agent.start()
        }
    }
}
