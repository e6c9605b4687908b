// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// What is done with secrets, by libcrypto.
public enum Secrets {
    /// So many bytes that nobody can guess; nil if the system has none to give.
    public static func random(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return RAND_bytes(&bytes, Int32(count)) == 1 ? bytes : nil
    }

    /// The HMAC (RFC 2104) of bytes, with SHA-256 without another wish; empty if libcrypto refuses, which equals none.
    public static func code(_ bytes: [UInt8], key: [UInt8], by function: HashFunction = .sha256) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 64)
        var count: UInt32 = 0
        let made = HMAC(function.function, key, Int32(key.count), bytes, bytes.count, &code, &count)
        return made != nil ? Array(code.prefix(Int(count))) : []
    }

    /// Whether two values are the same; how long that takes says nothing of where they differ.
    ///
    /// Nothing is equal to an empty value.
    public static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && !one.isEmpty && CRYPTO_memcmp(one, other, one.count) == 0
    }
}
