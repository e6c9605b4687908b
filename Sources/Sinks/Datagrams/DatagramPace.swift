// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// So many datagrams a second: over UDP who is sent more than it takes drops the rest, and says nothing.
final class DatagramPace {
    /// What may go out at once: a wait is not exact, and few datagrams fit into any buffer.
    private static let slack = Duration.milliseconds(1)

    private let interval: Duration
    /// When the next is due.
    private var due = ContinuousClock.now

    init(rate: Int) { interval = .seconds(1) / max(1, rate) }

    /// Waits until the next may go out; false once the scope is called off.
    func wait(in scope: TransferScope) -> Bool {
        let now = ContinuousClock.now
        due = max(due, now - Self.slack) + interval
        let left = now.duration(to: due)
        return left <= Self.slack ? !scope.isCancelled : scope.wait(for: left)
    }
}
