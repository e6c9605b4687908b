// SPDX-License-Identifier: Apache-2.0
internal import CIsal
internal import Glibc

/// Gzip members (RFC 1952) whose size is known, by ISA-L.
enum Gzip {
    /// What a member holds, or nil if it is not exactly so much, or damaged.
    static func unpack(_ packed: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
        guard let state = martlet_gunzip_new() else { return nil }
        defer { free(state) }
        var isWhole = false
        // With one byte more than it may have it ends within the buffer.
        let bytes = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            packed.withUnsafeBytes { packed in
                var taken = packed.count
                count = size + 1
                let result = martlet_gunzip(state, packed.baseAddress, &taken, buffer.baseAddress, &count)
                isWhole = result == 1 && taken == packed.count && count == size
            }
        }
        return isWhole ? bytes : nil
    }
}
