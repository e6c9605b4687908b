// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// Whether and when an instance that ended is started again.
///
/// Pure.
struct RestartBackoff: Equatable, Sendable {
    static let first = Duration.seconds(1)
    static let longest = Duration.seconds(300)
    static let window = Duration.seconds(10)

    private(set) var attempts = 0

    /// One that has counted so many attempts.
    init(attempts: Int = 0) { self.attempts = attempts }

    /// The delay before the next start; nil when the policy says to leave it.
    ///
    /// `ran` is how long it lived.
    mutating func delay(policy: RestartPolicy, status: Int32?, ran: Duration) -> Duration? {
        switch policy.condition {
        case .never: return nil
        case .onFailure where status == 0: return nil
        default: break
        }
        if ran >= policy.window ?? Self.window { attempts = 0 }
        if let most = policy.maximumAttempts, attempts >= most { return nil }
        defer { attempts += 1 }
        if let fixed = policy.delay { return fixed }
        return min(Self.longest, Self.first * (1 << min(attempts, 9)))
    }
}
