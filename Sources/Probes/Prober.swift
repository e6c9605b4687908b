// SPDX-License-Identifier: Apache-2.0
public import Linux

/// Asks containers how they are, through sockets in their networks and at their files: one thread, however many
/// there are.
///
/// What a container answers is bounded in bytes and time, and none of it is passed on.
public final class Prober: Sendable {
    private let queue: ProbeQueue

    /// Starts the thread; it ends with `stop`.
    public init() throws(LinuxError) {
        let queue = try ProbeQueue()
        self.queue = queue
        try Thread.detach {
            var loop = ProbeLoop(queue)
            while loop.turn() {}
        }
    }

    /// Asks once; a failure, too, if there is no answer within the time.
    public func ask(_ question: Question, of place: Place, within time: Duration) async -> ProbeAnswer {
        await withCheckedContinuation { continuation in
            queue.ask(question, of: place, deadline: .now + time) { continuation.resume(returning: $0) }
        }
    }

    /// Ends the thread; whoever waits hears of a failure.
    public func stop() { queue.stop() }
}
