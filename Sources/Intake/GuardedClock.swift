// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The time of day, for what ends at one: what was seen to have ended stays so when the host's clock goes back.
final class GuardedClock: Sendable {
    private let wall: @Sendable () -> Int64
    private let floor = Mutex<Int64>(0)

    /// A clock over one that tells seconds since 1970.
    init(_ wall: @escaping @Sendable () -> Int64) { self.wall = wall }

    /// Seconds since 1970, never before what was held.
    var now: Int64 { max(wall(), held) }

    /// The latest second at which something was seen to have ended; 0 if nothing was.
    var held: Int64 { floor.withLock { $0 } }

    /// Something has ended at this second, or before it.
    func hold(_ second: Int64) { floor.withLock { $0 = max($0, second) } }
}
