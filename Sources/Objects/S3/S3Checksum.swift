// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What S3 calls `x-amz-checksum-crc32c`.
enum S3Checksum {
    /// The CRC-32C (Castagnoli) of bytes, its highest byte first.
    static func of(_ bytes: [UInt8]) -> [UInt8] {
        let sum = bytes.withUnsafeBytes { martlet_crc32c(0, $0.baseAddress, $0.count) }
        return withUnsafeBytes(of: sum.bigEndian) { Array($0) }
    }
}
