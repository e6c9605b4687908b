// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// What a file says that proves to a server who we are: one line.
enum Authorization {
    /// The value of the field `Authorization`, of `USER:PASSWORD` or of a scheme and what belongs to it, such as
    /// `Bearer TOKEN`; nil for anything else.
    static func value(of bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        if let space = text.firstIndex(of: " "), !text[..<space].contains(":") { return text }
        return text.contains(":") ? "Basic " + Base64.encode(Array(text.utf8)) : nil
    }
}
