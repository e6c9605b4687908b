// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

extension Descriptor {
    /// A counter that can be waited for with poll(2), close-on-exec and not blocking: eventfd(2).
    public static func event() throws(LinuxError) -> Descriptor {
        Descriptor(owning: try check("eventfd", "", martlet_eventfd()))
    }

    /// Makes an event readable, until it is read.
    public func ring() {
        var one: UInt64 = 1
        // It fails only when it is readable already.
        _ = Glibc.write(number, &one, 8)
    }

    /// Makes an event unreadable, until it is rung again.
    public func silence() {
        var count: UInt64 = 0
        // It fails only when it is unreadable already.
        _ = Glibc.read(number, &count, 8)
    }
}
