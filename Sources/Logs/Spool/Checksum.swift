// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// CRC-32C as the spool uses it: begun with the segment's salt, so that log text cannot imitate a block.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer, salt: UInt32) -> UInt32 {
        martlet_crc32c(salt, bytes.baseAddress, bytes.count)
    }
}
