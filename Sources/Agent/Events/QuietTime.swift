// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Lets the same be told of one subject only so often.
final class QuietTime: Sendable {
    private let length: Duration
    private let last = Mutex<[String: ContinuousClock.Instant]>([:])

    init(_ length: Duration) { self.length = length }

    /// Whether it may be told now; then it may not for a while.
    func permits(_ subject: String, now: ContinuousClock.Instant = .now) -> Bool {
        last.withLock { last in
            if let before = last[subject], before.duration(to: now) < length { return false }
            last = last.filter { $0.value.duration(to: now) < length }
            last[subject] = now
            return true
        }
    }
}
