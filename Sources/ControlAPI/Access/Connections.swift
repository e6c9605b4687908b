// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import Synchronization

/// The connections of a listener, so many at most: a new one takes the place of the one that we wait for longest.
///
/// Whoever opens many hurts no one who has a question.
final class Connections: Sendable {
    private struct State {
        var open: [Int: (channel: any Channel, idleSince: Int?)] = [:]
        /// Counts what happens: which of two was first.
        var ticks = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Takes a connection in, and closes one if that is too many; its number.
    func open(_ channel: any Channel) -> Int {
        let (number, closed) = state.withLock { state -> (Int, (any Channel)?) in
            state.ticks += 1
            let number = state.ticks
            state.open[number] = (channel, number)
            guard state.open.count > limit else { return (number, nil) }
            let idle = state.open.filter { $0.value.idleSince != nil && $0.key != number }
            let oldest = idle.min { $0.value.idleSince ?? 0 < $1.value.idleSince ?? 0 }
            return (number, state.open.removeValue(forKey: oldest?.key ?? number)?.channel)
        }
        closed?.close(promise: nil)
        return number
    }

    /// Tells whether a connection is idle.
    func set(_ number: Int, isIdle: Bool) {
        state.withLock { state in
            state.ticks += 1
            state.open[number]?.idleSince = isIdle ? state.ticks : nil
        }
    }

    /// Lets a connection go that is closed.
    func close(_ number: Int) { state.withLock { _ = $0.open.removeValue(forKey: number) } }
}
