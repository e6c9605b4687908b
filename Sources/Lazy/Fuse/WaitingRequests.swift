// SPDX-License-Identifier: Apache-2.0

/// Which slots of a `RequestLog` hold requests that wait.
struct WaitingRequests {
    /// Slots that nobody has.
    var free: [Int]
    /// Slots of requests that nobody works for yet, in the order of their coming.
    var queue: [Int] = []
    /// Nothing is served any more.
    var isOver = false
    private var slots: [UInt64: Int] = [:]

    /// Those that somebody waits for.
    var count: Int { slots.count }

    init(_ count: Int) { free = Array((0..<count).reversed()) }

    /// A request came to wait in a slot.
    mutating func take(_ slot: Int, _ unique: UInt64) {
        slots[unique] = slot
        queue.append(slot)
    }

    /// Whether whoever made the request still waits.
    func isWaiting(_ unique: UInt64) -> Bool { slots[unique] != nil }

    /// Whoever made it waits no more; its slot is free when it was looked at.
    mutating func forget(_ unique: UInt64) { slots[unique] = nil }
}
