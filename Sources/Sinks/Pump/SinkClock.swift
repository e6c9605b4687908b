// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The realtime clock by which lines are stamped.
enum SinkClock {
    /// Nanoseconds since 1970.
    static var now: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(max(0, now.tv_sec)) * 1_000_000_000 + UInt64(max(0, now.tv_nsec))
    }
}
