// SPDX-License-Identifier: Apache-2.0

/// One step of classic BPF, `struct sock_filter` of linux/filter.h.
struct FilterInstruction: Equatable {
    /// What it does: `BPF_LD | BPF_W | BPF_ABS` and so on.
    var code: UInt16
    /// How many instructions a test skips when it holds.
    var yes: UInt8 = 0
    /// How many it skips when it does not.
    var no: UInt8 = 0
    /// The number that goes with it.
    var k: UInt32

    static let load: UInt16 = 0x20
    static let mask: UInt16 = 0x54
    static let jump: UInt16 = 0x05
    static let answer: UInt16 = 0x06

    /// Offsets in `struct seccomp_data` of linux/seccomp.h.
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4

    /// How a test compares the accumulator with its number.
    enum Test: UInt16 {
        case equal = 0x15
        case greater = 0x25
        case atLeast = 0x35
        case anyBit = 0x45

        func holds(_ value: UInt32, _ k: UInt32) -> Bool {
            switch self {
            case .equal: value == k
            case .greater: value > k
            case .atLeast: value >= k
            case .anyBit: value & k != 0
            }
        }
    }

    /// The size of one in a program, bytes.
    static let size = 8

    static func decode(_ program: [UInt8]) -> [FilterInstruction] {
        program.withUnsafeBytes { bytes in
            (0..<bytes.count / size).map { index in
                let at = index * size
                return FilterInstruction(
                    code: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self),
                    yes: bytes[at + 2],
                    no: bytes[at + 3],
                    k: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
                )
            }
        }
    }

    /// As the kernel reads it, in the machine's order.
    var bytes: [UInt8] {
        withUnsafeBytes(of: code, Array.init) + [yes, no] + withUnsafeBytes(of: k, Array.init)
    }
}
