// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// The hash of bytes that come one after the other.
public struct RunningHash: ~Copyable {
    private let context = EVP_MD_CTX_new()
    private var isFine: Bool

    /// Begins with no bytes.
    public init(_ function: HashFunction) {
        isFine = EVP_DigestInit_ex(context, function.function, nil) == 1
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        isFine = isFine && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    }

    /// The hash of all of them; empty if libcrypto refuses, which equals no hash.
    public consuming func finish() -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        guard isFine, EVP_DigestFinal_ex(context, &result, &count) == 1 else { return [] }
        return Array(result.prefix(Int(count)))
    }
}
