// SPDX-License-Identifier: Apache-2.0

/// The character sets that names in a desired state are made of.
///
/// ASCII only, on purpose.
enum Characters {
    /// `0-9`.
    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// `0-9a-fA-F`.
    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }

    /// `a-z`.
    static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    /// `a-zA-Z`.
    static func isLetter(_ byte: UInt8) -> Bool {
        isLower(byte | 0x20)
    }

    /// `a-zA-Z0-9`.
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte)
    }

    /// Whether every byte is alphanumeric or one of `others`, and there is at least one.
    static func isName(_ text: some StringProtocol, and others: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isAlphanumeric($0) || others.utf8.contains($0) }
    }

    /// Whether a control character, such as a newline, is in the text.
    static func hasControl(_ text: some StringProtocol) -> Bool {
        text.unicodeScalars.contains {
            $0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0.value == 0x2028 || $0.value == 0x2029
        }
    }

    /// The text in single quotes, made printable and short enough for one line of a report.
    static func quoted(_ text: some StringProtocol) -> String {
        "'\(printable(text))'"
    }

    /// The text made printable and short enough for one line of a report.
    static func printable(_ text: some StringProtocol) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == 80 { return result + "..." }
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if hasControl(String(scalar)) {
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}

extension FixedWidthInteger {
    /// Reads ASCII digits alone: no sign, no leading zero, no space, no exponent; nil when it does not fit.
    init?(digits text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy(Characters.isDigit), text == "0" || !text.hasPrefix("0"),
            let value = Self(text)
        else { return nil }
        self = value
    }
}
