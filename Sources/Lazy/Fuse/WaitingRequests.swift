// SPDX-License-Identifier: Apache-2.0

/// Which slots of a `RequestLog` hold requests that wait.
struct WaitingRequests {
    /// Slots that nobody has.
    var free: [Int]
    /// Slots of requests that nobody works for yet, in the order of their coming.
    var queue: [Int] = []
    /// Nothing is served any more.
    var isOver = false
    /// The threads that wait for an answer, by the request.
    private var threads: [UInt64: Int32] = [:]
    /// Those that a signal came for, and that wait on unless it ends them.
    private(set) var signalled: [UInt64: Int32] = [:]

    /// Those that somebody waits for.
    var count: Int { threads.count }

    init(_ count: Int) { free = Array((0..<count).reversed()) }

    /// A request came to wait in a slot.
    mutating func take(_ slot: Int, _ request: FuseRequest) {
        threads[request.unique] = request.thread
        queue.append(slot)
    }

    /// Whether whoever made the request still waits.
    func isWaiting(_ unique: UInt64) -> Bool { threads[unique] != nil }

    /// A signal came for whoever made a request; false if nobody waits for that.
    mutating func signal(_ unique: UInt64) -> Bool {
        guard let thread = threads[unique] else { return false }
        signalled[unique] = thread
        return true
    }

    /// Whoever made it waits no more; its slot is free when it was looked at.
    mutating func forget(_ unique: UInt64) {
        threads[unique] = nil
        signalled[unique] = nil
    }
}
