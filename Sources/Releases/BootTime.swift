// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A moment of one boot of the machine, by a clock that nobody sets.
public struct BootTime: Codable, Hashable, Sendable {
    /// The kernel's name for the boot.
    public let boot: String
    /// Seconds since it began.
    public let seconds: Int64

    /// A moment.
    public init(boot: String, seconds: Int64) {
        self.boot = boot
        self.seconds = seconds
    }

    /// Now.
    public static func now() -> BootTime {
        let file = try? Descriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY)
        let name = (try? file?.readAll(limit: 64)) ?? []
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return BootTime(
            boot: String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self),
            seconds: Int64(time.tv_sec)
        )
    }
}
