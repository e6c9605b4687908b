// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// The way into the capture thread: commands, and the eventfd(2) that wakes it.
final class CaptureInbox: Sendable {
    let wake: Descriptor
    private let state = Mutex(State())

    private struct State {
        var commands: [CaptureCommand] = []
        var names: Set<String> = []
        var stopped = false
    }

    init() throws(LinuxError) { wake = try Descriptor.event() }

    /// Reserves an instance's name; false when it is taken.
    func enter(_ name: String) -> Bool { state.withLock { $0.names.insert(name).inserted } }

    func leave(_ name: String) { state.withLock { _ = $0.names.remove(name) } }

    /// False when the thread is gone and nobody will do it.
    @discardableResult
    func send(_ command: CaptureCommand) -> Bool {
        let sent = state.withLock { state in
            if !state.stopped { state.commands.append(command) }
            return !state.stopped
        }
        wake.ring()
        return sent
    }

    /// Takes all commands, in order.
    func take() -> [CaptureCommand] {
        var count: UInt64 = 0
        _ = Glibc.read(wake.number, &count, 8)
        return state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// The thread is gone: nothing more is accepted, and who waits is told.
    func close() {
        let left = state.withLock { state in
            state.stopped = true
            defer { state.commands = [] }
            return state.commands
        }
        for command in left {
            switch command {
            case .remove(_, let continuation): continuation.resume(returning: false)
            case .rules(_, _, _, let continuation): continuation.resume()
            case .add, .room, .stop: break
            }
        }
    }
}
