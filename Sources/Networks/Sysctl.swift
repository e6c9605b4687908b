// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Kernel parameters below `/proc/sys/net` of the calling thread's network namespace.
enum Sysctl {
    /// Reads a value without its newline; nil if the kernel has no such parameter.
    static func read(_ path: String) throws(LinuxError) -> String? {
        do throws(LinuxError) {
            let bytes = try Descriptor.open("/proc/sys/net/" + path, O_RDONLY).readAll(limit: 4_096)
            return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// Writes a value unless it is already so; a parameter that does not exist (a kernel without IPv6) is
    /// left out, one that cannot be written is an error.
    static func write(_ path: String, _ value: String) throws(LinuxError) {
        guard let current = try read(path), current != value else { return }
        try Descriptor.open("/proc/sys/net/" + path, O_WRONLY).write(value.utf8)
    }
}
