// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The connections of a listener, so many at most: a new one takes the place of the one that we wait for longest.
///
/// Whoever opens many hurts no one who has a question. Who has the node anyway is never kept out, nor by others.
final class Connections: Sendable {
    private struct State {
        var open: [Int: (close: @Sendable () -> Void, isOurs: Bool, idleSince: Int?)] = [:]
        /// Those that have no answer yet, to what they asked or are about to ask.
        var owed: Set<Int> = []
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
            state.owed.insert(number)
            let rivals = state.open.filter { $0.value.isOurs == isOurs }
            guard rivals.count > limit else { return (number, nil) }
            let idle = rivals.filter { $0.value.idleSince != nil && $0.key != number }
            let oldest = idle.min { $0.value.idleSince ?? 0 < $1.value.idleSince ?? 0 }
            guard let victim = oldest?.key ?? (isOurs ? nil : number) else { return (number, nil) }
            state.owed.remove(victim)
            return (number, state.open.removeValue(forKey: victim)?.close)
        }
        end?()
        return number
    }

    /// Tells whether a connection is idle.
    func set(_ number: Int, isIdle: Bool) {
        state.withLock { state in
            guard state.open[number] != nil else { return }
            state.ticks += 1
            state.open[number]?.idleSince = isIdle ? state.ticks : nil
            if isIdle { state.owed.remove(number) } else { state.owed.insert(number) }
        }
    }

    /// Tells that the answer of a connection has begun, and may never end.
    func streams(_ number: Int) { state.withLock { _ = $0.owed.remove(number) } }

    /// Lets a connection go that is closed.
    func close(_ number: Int) {
        state.withLock { state in
            state.owed.remove(number)
            _ = state.open.removeValue(forKey: number)
        }
    }

    /// Returns once every connection has the answer to what it asked, or after that time.
    func settle(within time: Duration) async {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end, state.withLock({ !$0.owed.isEmpty }) {
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else { return }
        }
    }
}
