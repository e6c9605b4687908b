// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// Base64 in its one canonical spelling (RFC 4648, section 4): no line breaks, padded, no stray bits.
public enum Base64 {
    /// The bytes; nil if encoding them does not give the same text.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let text = Data(text)
        guard let bytes = Data(base64Encoded: text), bytes.base64EncodedData() == text else { return nil }
        return Array(bytes)
    }

    /// The text.
    public static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
