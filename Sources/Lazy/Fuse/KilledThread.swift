// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Whether a thread is on its way out, proc(5).
enum KilledThread {
    private static let maximumStatus = 65_536

    /// Whether SIGKILL is pending for a thread, as it is for each of a process that a signal ends; one that is gone was.
    static func isKilled(_ thread: Int32) -> Bool {
        do throws(LinuxError) {
            let text = try Descriptor.open("/proc/\(thread)/status", O_RDONLY).readAll(limit: maximumStatus)
            return isKilled(String(decoding: text, as: UTF8.self))
        } catch {
            return error.errno == ENOENT || error.errno == ESRCH
        }
    }

    /// The same, by what the kernel tells of it.
    static func isKilled(_ status: String) -> Bool {
        status.split(separator: "\n").contains { line in
            guard line.hasPrefix("SigPnd:") || line.hasPrefix("ShdPnd:"),
                let pending = line.split(separator: "\t").last.flatMap({ UInt64($0, radix: 16) })
            else { return false }
            return pending & 1 << UInt64(SIGKILL - 1) != 0
        }
    }
}
