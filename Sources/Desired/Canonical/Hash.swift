// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// Short names for long texts.
enum Hash {
    /// `sha256:` and the hash of the text.
    static func digest(of text: String) -> String {
        var text = text
        var hash = [UInt8](repeating: 0, count: 32)
        let isDone = text.withUTF8 {
            EVP_Digest($0.baseAddress, $0.count, &hash, nil, EVP_sha256(), nil) == 1
        }
        // From a library that refuses, the text stands for itself: long, but never mistaken for another.
        return isDone ? "sha256:" + hash.map(Hash.hex).joined() : text
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
