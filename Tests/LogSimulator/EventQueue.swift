// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// A request on its way.
struct Message {
    let writer: Int
    let token: Int
    let request: LogRequest
}

/// What happens at some time.
enum Event {
    /// A request reaches the store.
    case arrive(Message)
    /// A record comes to be, in a store that looks first and creates later.
    case land(UInt64, [UInt8])
    /// A sign of life reaches the store.
    case sign(epoch: UInt64, [UInt8])
    /// An answer, or the end of a wait, reaches a writer, who may have gone on.
    case answer(Int, token: Int, LogAnswer)
    /// A writer does what it does next.
    case act(Int, token: Int)
    /// A writer gives a sign of life, for as long as it has the epoch.
    case heartbeat(Int, epoch: UInt64)
}

/// Events by time; of those at one time the first that was added comes first.
struct EventQueue {
    private var events: [(time: Duration, number: Int, event: Event)] = []
    private var number = 0

    mutating func add(_ event: Event, at time: Duration) {
        number += 1
        let entry = (time: time, number: number, event: event)
        var low = 0, high = events.count
        // The earliest one is last.
        while low < high {
            let middle = (low + high) / 2
            if events[middle].time > time { low = middle + 1 } else { high = middle }
        }
        events.insert(entry, at: low)
    }

    mutating func next() -> (Duration, Event)? { events.popLast().map { ($0.time, $0.event) } }
}
