// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The boot of the kernel that wrote a segment.
struct BootIdentity: Equatable, Sendable {
    var high: UInt64
    var low: UInt64

    /// The running kernel's; all zero where `/proc` does not tell.
    static let current: BootIdentity = {
        guard let file = try? Descriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY),
            let text = try? file.read(64)
        else { return BootIdentity(high: 0, low: 0) }
        var words: [UInt64] = [0, 0]
        var digits = 0
        for byte in text {
            guard digits < 32, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { continue }
            words[digits / 16] = words[digits / 16] << 4 | UInt64(digit)
            digits += 1
        }
        return BootIdentity(high: words[0], low: words[1])
    }()
}
