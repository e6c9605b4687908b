// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// What a file says that proves to a receiver who we are: one line.
enum HTTPProof {
    private static let maximum = 8_192

    /// The field of a request: `NAME: VALUE` as it is, `SCHEME CREDENTIALS` and `USER:PASSWORD` in `Authorization`.
    ///
    /// With a scheme of the receiver's own the line is what follows that. Nil for anything else.
    static func field(_ bytes: [UInt8], scheme: String? = nil) -> (name: String, value: String)? {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
        guard !text.isEmpty, text.utf8.count <= maximum,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { return nil }
        if let scheme { return text.contains(" ") ? nil : ("Authorization", "\(scheme) \(text)") }
        if let (name, value) = ownField(text) { return (name, value) }
        if let space = text.firstIndex(of: " "), !text[..<space].contains(":") {
            return ("Authorization", text)
        }
        return text.contains(":") ? ("Authorization", "Basic " + Base64.encode(Array(text.utf8))) : nil
    }

    private static func ownField(_ text: String) -> (name: String, value: String)? {
        guard let range = text.firstRange(of: ": ") else { return nil }
        let name = text[..<range.lowerBound]
        let isToken = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x2D
                || byte == 0x5F
        }
        return isToken && !name.isEmpty ? (String(name), String(text[range.upperBound...])) : nil
    }
}
