// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The file of the program that runs, proc(5) `/proc/PID/exe`, and those that are installed with it.
public enum ProgramFile {
    /// The path of a program beside our own, whether or not it is there.
    ///
    /// Throws when `/proc` does not say where our own is.
    public static func beside(_ name: String) throws(LinuxError) -> String {
        guard let own = realpath("/proc/self/exe", nil) else {
            throw LinuxError("realpath", "/proc/self/exe", errno: errno)
        }
        defer { free(own) }
        return String(cString: own).split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/\(name)"
    }
}
