// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

extension Descriptor {
    /// A pidfd: a handle to a process that its pid's reuse cannot mislead, pidfd_open(2).
    public static func process(_ pid: Int32) throws(LinuxError) -> Descriptor {
        Descriptor(owning: try check("pidfd_open", "\(pid)", martlet_pidfd_open(pid, 0)))
    }

    /// Sends a signal to the process of this pidfd, `SIGKILL` unless told.
    ///
    /// One that has ended stays ended.
    public func kill(_ signal: Int32 = Descriptor.killSignal) {
        _ = martlet_pidfd_send_signal(number, signal)
    }

    /// `SIGKILL`.
    public static let killSignal: Int32 = 9
}
