// SPDX-License-Identifier: Apache-2.0

/// The top-level members of a canonical object, each as its text.
struct CanonicalMembers {
    private(set) var members: [String: String] = [:]

    /// Splits the text; nil if it does not have the form that `Canonical` writes.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else {
            return nil
        }
        var depth = 0
        var isInString = false
        var isEscaped = false
        var start = 1
        var key: String?
        for index in 1..<bytes.count {
            let byte = bytes[index]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ":") where depth == 0:
                guard key == nil, index - start >= 2 else { return nil }
                key = String(decoding: bytes[(start + 1)..<(index - 1)], as: UTF8.self)
                start = index + 1
            case UInt8(ascii: ",") where depth == 0, UInt8(ascii: "}") where depth == 0:
                if let name = key {
                    members[name] = String(decoding: bytes[start..<index], as: UTF8.self)
                } else if bytes.count > 2 {
                    return nil
                }
                key = nil
                start = index + 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        guard depth == 0, !isInString, start == bytes.count else { return nil }
    }
}
