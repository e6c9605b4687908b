// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
package import Linux

/// Serves a tree as a read-only file system by the kernel's own protocol, fuse(4).
///
/// The tree never changes, so the kernel is told to keep all that it hears, and nothing is counted or opened here: the
/// server has no state but the requests that it has not answered, and those are in a `RequestLog`. Another process can go
/// on at any point.
package final class FuseServer: Sendable {
    /// Threads that fetch what is not here.
    static let fetchers = 4

    let device: FuseDevice
    let tree: TreeIndex
    let source: any FileSource
    let log: RequestLog
    let queue: Monitor<WaitingRequests>

    /// A server that does nothing yet.
    package init(_ device: FuseDevice, _ tree: TreeIndex, _ source: any FileSource, _ log: RequestLog) {
        self.device = device
        self.tree = tree
        self.source = source
        self.log = log
        queue = Monitor(WaitingRequests(RequestLog.waiting))
    }

    /// How many readers wait for what is not here.
    var waitingCount: Int { queue.hold { $0.count } }

    /// Serves until the mount is gone; blocks.
    package func run() throws(LinuxError) {
        try resume()
        let end = Monitor(LinuxError??.none)
        try Thread.detach { [self] in letGoOfKilled() }
        for number in 0..<RequestLog.readers + Self.fetchers {
            try Thread.detach { [self] in
                var failure: LinuxError?
                do throws(LinuxError) {
                    if number < RequestLog.readers { try read(number) } else { try fetch() }
                } catch {
                    failure = error
                }
                end.change { $0 = $0 ?? .some(failure) }
            }
        }
        // Readers leave the kernel when the mount is gone: the first thread that ends is the end.
        let failure = end.wait { $0 }
        queue.change { $0.isOver = true }
        if let failure { throw failure }
    }

    /// Answers what another process left.
    private func resume() throws(LinuxError) {
        for number in 0..<RequestLog.waiting {
            guard let request = FuseRequest(UnsafeRawBufferPointer(log.waiting(number))) else {
                log.clear(log.waiting(number))
                continue
            }
            queue.hold { state in
                state.free.removeAll { $0 == number }
                state.take(number, request)
            }
        }
        let buffer = FuseBuffer()
        for number in 0..<RequestLog.readers {
            let slot = log.reader(number)
            if let request = FuseRequest(UnsafeRawBufferPointer(slot)) {
                try serve(request, in: UnsafeRawBufferPointer(slot), buffer)
            }
            log.clear(slot)
        }
    }

    private func read(_ number: Int) throws(LinuxError) {
        let slot = log.reader(number)
        let buffer = FuseBuffer()
        while try device.read(into: slot) > 0 {
            guard let request = FuseRequest(UnsafeRawBufferPointer(slot)) else {
                throw LinuxError("read", "/dev/fuse", errno: EPROTO)
            }
            try serve(request, in: UnsafeRawBufferPointer(slot), buffer)
            log.clear(slot)
        }
    }

    private func serve(_ request: FuseRequest, in bytes: UnsafeRawBufferPointer, _ buffer: FuseBuffer)
        throws(LinuxError)
    {
        var failure: Int32 = 0
        do throws(LinuxError) {
            guard try !answer(request, buffer) else { return }
            let slot = queue.wait { $0.isOver ? -1 : $0.free.popLast() }
            guard slot >= 0 else { return }
            if log.keep(bytes, waiting: slot) {
                return queue.change { $0.take(slot, request) }
            }
            queue.change { $0.free.append(slot) }
            failure = EINVAL
        } catch {
            failure = error.errno
        }
        try device.answer(request.unique, failure: failure)
    }

    // MARK: What waits

    private func fetch() throws(LinuxError) {
        let buffer = FuseBuffer()
        while let slot = nextWaiting() {
            if let request = FuseRequest(UnsafeRawBufferPointer(log.waiting(slot))) {
                let failure = outcome(of: request, buffer)
                if failure != 0 { try device.answer(request.unique, failure: failure) }
                queue.hold { $0.forget(request.unique) }
            }
            log.clear(log.waiting(slot))
            queue.change { $0.free.append(slot) }
        }
    }

    private func nextWaiting() -> Int? {
        let slot = queue.wait { state -> Int? in
            if state.isOver { return -1 }
            return state.queue.isEmpty ? nil : state.queue.removeFirst()
        }
        return slot < 0 ? nil : slot
    }

    /// Answers when that can be done; what failed, or 0.
    private func outcome(of request: FuseRequest, _ buffer: FuseBuffer) -> Int32 {
        func isWanted() -> Bool { queue.hold { !$0.isOver && $0.isWaiting(request.unique) } }
        do throws(LinuxError) {
            while isWanted() {
                try fetch(request, while: isWanted)
                if try answer(request, buffer) { return 0 }
            }
            return EINTR
        } catch {
            return error.errno
        }
    }

    // MARK: Who is killed

    /// A signal came for whoever made a request, which may be in another thread's hands just now.
    ///
    /// They wait on: a read of a file is not interrupted by signals that a program handles, nor by the freezer, which
    /// wakes with one. Whoever is being killed is let go of by `letGoOfKilled`.
    func interrupt(_ request: FuseRequest) throws(LinuxError) {
        let unique = try request.take(fuse_interrupt_in.self).unique
        guard !queue.change({ $0.signal(unique) }) else { return }
        try device.answer(request.unique, failure: EAGAIN)
    }

    /// Answers for those that were asked for by somebody who is being killed: until then they cannot end.
    private func letGoOfKilled() {
        while true {
            let signalled = queue.wait { $0.isOver || !$0.signalled.isEmpty ? $0.signalled : nil }
            for (unique, thread) in signalled where KilledThread.isKilled(thread) {
                // The mount may be gone by now; then nobody waits.
                _ = try? device.answer(unique, failure: EINTR)
                queue.change { $0.forget(unique) }
            }
            if queue.hold({ $0.isOver }) { return }
            usleep(Self.look)
        }
    }

    /// So often is looked whether one who got a signal is being killed, in microseconds.
    private static var look: UInt32 { 20_000 }
}
