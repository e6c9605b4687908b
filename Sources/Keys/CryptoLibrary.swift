// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// libcrypto as a whole.
public enum CryptoLibrary {
    /// Has it keep what it has when the process ends, which gives all of it back: other threads may still use it, or end,
    /// while it clears up (OPENSSL_init_crypto(3), `OPENSSL_INIT_NO_ATEXIT`).
    ///
    /// To be called before anything else of it is used: what is begun otherwise stays so.
    public static func keepToTheEnd() { OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) }
}
