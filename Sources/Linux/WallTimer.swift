// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Waits for a moment of the wall clock, and notices at once when that is set: timerfd_create(2).
public final class WallTimer: Sendable {
    private let timer: Descriptor

    /// One that is not set.
    public init() throws(LinuxError) {
        timer = Descriptor(owning: try check("timerfd_create", "realtime", martlet_wall_timer_create()))
    }

    /// Sets it to a second since 1970; one that is over comes at once.
    public func set(_ second: Int64) throws(LinuxError) {
        try check("timerfd_settime", "realtime", martlet_wall_timer_set(timer.number, second))
    }

    /// Blocks until its moment; true if it was not that but a change of the clock.
    ///
    /// Then it must be set anew.
    public func wait() throws(LinuxError) -> Bool {
        do throws(LinuxError) {
            _ = try timer.read(8)
            return false
        } catch {
            guard error.errno == ECANCELED else { throw error }
            return true
        }
    }
}
