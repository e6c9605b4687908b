// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Glibc
internal import Linux

/// What libcurl waits for: sockets, and an instant; and an event that ends a wait.
struct AwaitedSockets {
    /// When something is due; nil if nothing is.
    ///
    /// By the clock that libcurl has: whoever asks it too early is not told again.
    var due: SuspendingClock.Instant?
    private let wake: Descriptor
    /// The first is the event's.
    private var polled: [pollfd]

    /// Nothing yet.
    init(beside wake: Descriptor) {
        self.wake = wake
        polled = [pollfd(fd: wake.number, events: Int16(POLLIN), revents: 0)]
    }

    /// Waits for something else of a socket from now on: `CURL_POLL_IN` and its like.
    mutating func change(_ socket: Int32, to what: Int32) {
        var events: Int32 = 0
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { events |= POLLIN }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { events |= POLLOUT }
        let place = polled.dropFirst().firstIndex { $0.fd == socket }
        // One that nothing is wanted of would still be told to have been hung up, again and again.
        switch (place, events == 0) {
        case (let place?, false): polled[place].events = Int16(events)
        case (let place?, true): polled.remove(at: place)
        case (nil, false): polled.append(pollfd(fd: socket, events: Int16(events), revents: 0))
        case (nil, true): break
        }
    }

    /// Whether something is due; it is not any more then.
    mutating func isDue() -> Bool {
        guard let due, due <= .now else { return false }
        self.due = nil
        return true
    }

    /// Waits until something is ready, due, or the event is rung: what of which socket is ready, as `CURL_CSELECT_IN` and
    /// its like.
    mutating func wait() -> [(socket: Int32, events: Int32)] {
        let left = due.map { max(.zero, SuspendingClock.now.duration(to: $0)) }
        // Rounded up: rather late than again and again.
        let milliseconds =
            left.map { Int32(clamping: Int64(($0 + .nanoseconds(999_999)) / .milliseconds(1))) } ?? -1
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return [] }
        if polled[0].revents != 0 { wake.silence() }
        return polled.dropFirst().compactMap { one in
            guard one.revents != 0 else { return nil }
            let events = Int32(one.revents)
            return (
                one.fd,
                (events & (POLLIN | POLLHUP) != 0 ? CURL_CSELECT_IN : 0)
                    | (events & POLLOUT != 0 ? CURL_CSELECT_OUT : 0)
                    | (events & (POLLERR | POLLNVAL) != 0 ? CURL_CSELECT_ERR : 0)
            )
        }
    }
}
