// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// Hears what one container tells of itself, on a thread of its own.
///
/// Nothing that it sends reaches anybody else: descriptors that come along are closed by the kernel before they are
/// ours, for there is no room for them, and who has the thread wait with one (a socket that lingers) or sends without
/// end holds up itself alone.
final class NotifyListener: Sendable {
    /// So many messages are read in a row; then the container waits a moment.
    private static let most = 32
    private static let pause = Duration.milliseconds(10)

    private let socket: Descriptor
    private let stopping: Descriptor
    private let state: Mutex<NotifyHearing>

    /// Listens from now on; `tell` is called on the thread when there is news, and must return quickly.
    init(
        _ socket: Descriptor,
        known: Told,
        tell: @escaping @Sendable (NotifyListener) -> Void
    ) throws(LinuxError) {
        self.socket = socket
        stopping = try .event()
        state = Mutex(NotifyHearing(known))
        try Thread.detach { [self] in listen(tell) }
    }

    /// What was heard by now.
    var hearing: NotifyHearing { state.withLock { $0 } }

    /// Ends the thread.
    func stop() { stopping.ring() }

    private func listen(_ tell: @Sendable (NotifyListener) -> Void) {
        var buffer = [UInt8](repeating: 0, count: NotifyMessage.longest)
        while true {
            let before = ContinuousClock.now
            let due = state.withLock { $0.newsDue(now: before) }.map { $0 - before }
            var polled = [socket, stopping].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            let patience = due.map { Int32(clamping: Int64($0 / .milliseconds(1)) + 1) } ?? -1
            guard poll(&polled, 2, patience) >= 0 || errno == EINTR else { return }
            guard polled[1].revents == 0 else { return }
            let isBusy = receive(&buffer) == Self.most
            let isNews = state.withLock { state in
                let now = ContinuousClock.now
                guard let due = state.newsDue(now: now), due <= now else { return false }
                state.noteTold(now: now)
                return true
            }
            if isNews { tell(self) }
            if isBusy, stopping.wait(for: Int32(POLLIN), Self.pause) { return }
        }
    }

    /// Takes in what waits, but no more than so many messages; how many there were.
    private func receive(_ buffer: inout [UInt8]) -> Int {
        for count in 0..<Self.most {
            // Longer ones tell their whole length, and are none.
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)
            let length = recv(socket.number, &buffer, buffer.count, flags)
            guard length >= 0 else { return count }
            guard length <= buffer.count, let message = NotifyMessage(buffer[..<length]) else { continue }
            let now = ContinuousClock.now
            state.withLock { $0.take(message, now: now) }
        }
        return Self.most
    }
}
