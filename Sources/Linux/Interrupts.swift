// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP as values.
///
/// One a process: a later one takes the signals over. A wait that is cancelled takes no signal along.
public final class Interrupts: Sendable {
    private struct State {
        var arrived: [Int32] = []
        var waiting: [(ticket: Int, continuation: CheckedContinuation<Int32?, Never>)] = []
        var tickets = 0
    }

    private let pipe: (read: Descriptor, write: Descriptor)
    private let state = Mutex(State())

    /// Takes the signals over from here on.
    public init() throws {
        pipe = try Descriptor.pipe()
        try check("fcntl", "O_NONBLOCK", martlet_set_nonblocking(pipe.write.number, 1))
        try check("sigaction", "SIGINT", martlet_catch_interrupts(pipe.write.number))
        // The thread keeps this object, and the handler's pipe with it, for the rest of the process.
        try Thread.detach { [self] in
            // Threads of the pool block them, and so does what is executed by one: this is where they arrive.
            _ = martlet_unblock_interrupts()
            while let byte = try? pipe.read.read(1).first { take(Int32(byte)) }
        }
    }

    /// The next signal's number; nil when the task is cancelled.
    public func next() async -> Int32? {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Int32?? = state.withLock { state in
                    if Task.isCancelled { return .some(nil) }
                    if !state.arrived.isEmpty { return state.arrived.removeFirst() }
                    state.waiting.append((ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.ticket == ticket }.map {
                    state.waiting.remove(at: $0).continuation
                }
            }
            waiter?.resume(returning: nil)
        }
    }

    /// Leaves the signals to the process's usual fate from here on; whether one has arrived that nobody took.
    public func release() -> Bool {
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
        var unread: Int32 = 0
        _ = ioctl(pipe.read.number, UInt(FIONREAD), &unread)
        return unread > 0 || state.withLock { !$0.arrived.isEmpty }
    }

    private func take(_ number: Int32) {
        let waiter = state.withLock { state -> CheckedContinuation<Int32?, Never>? in
            if state.waiting.isEmpty {
                state.arrived.append(number)
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        waiter?.resume(returning: number)
    }
}
