// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// SHA-256 as bytes pass, by the distribution's libcrypto, which uses the processor's own instructions.
final class SHA256 {
    private let context = EVP_MD_CTX_new()
    private var failed = false

    init() { failed = context == nil || EVP_DigestInit_ex(context, EVP_sha256(), nil) != 1 }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        if !failed && !bytes.isEmpty {
            failed = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) != 1
        }
    }

    /// The 32 bytes of the hash.
    ///
    /// From a library that refuses they are zeros, which no content has: it fails closed.
    func finalize() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        guard !failed, EVP_DigestFinal_ex(context, &hash, nil) == 1 else {
            return [UInt8](repeating: 0, count: 32)
        }
        return hash
    }
}
