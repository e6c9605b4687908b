// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The connections of a listener, so many at most: a new one takes the place of the one that we wait for longest.
///
/// Whoever opens many hurts no one who has a question. Who has the node anyway is never kept out, nor by others.
final class Connections: Sendable {
    private struct State {
        var open: [Int: (close: @Sendable () -> Void, isOurs: Bool, idleSince: Int?)] = [:]
        /// Counts what happens: which of two was first.
        var ticks = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Takes in a connection that `close` ends, and ends one if that is too many; its number.
    func open(isOurs: Bool, close: @escaping @Sendable () -> Void) -> Int {
        let (number, end) = state.withLock { state -> (Int, (@Sendable () -> Void)?) in
            state.ticks += 1
            let number = state.ticks
            state.open[number] = (close, isOurs, number)
            let rivals = state.open.filter { $0.value.isOurs == isOurs }
            guard rivals.count > limit else { return (number, nil) }
            let idle = rivals.filter { $0.value.idleSince != nil && $0.key != number }
            let oldest = idle.min { $0.value.idleSince ?? 0 < $1.value.idleSince ?? 0 }
            guard let victim = oldest?.key ?? (isOurs ? nil : number) else { return (number, nil) }
            return (number, state.open.removeValue(forKey: victim)?.close)
        }
        end?()
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
