// SPDX-License-Identifier: Apache-2.0

/// The escapes between the double quotes of a file of variables.
enum DotenvEscapes {
    private static let letters: [Unicode.Scalar: Unicode.Scalar] = [
        "a": "\u{7}", "b": "\u{8}", "f": "\u{c}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{b}",
        "\"": "\"", "\\": "\\",
    ]

    /// The text with its escapes resolved; a dollar sign that is escaped stays one for interpolation (`$$`).
    static func resolve(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let next = rest.first else {
                result.append(scalar)
                continue
            }
            if let letter = letters[next] {
                rest.removeFirst()
                result.append(letter)
            } else if next == "$" {
                rest.removeFirst()
                result.append(contentsOf: "$$".unicodeScalars)
            } else if next == "0", let octal = octal(&rest) {
                result.append(octal)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The character after `0` and up to three octal digits.
    private static func octal(_ rest: inout Substring.UnicodeScalarView) -> Unicode.Scalar? {
        let digits = rest.dropFirst().prefix(3).prefix { ("0"..."7").contains($0) }
        guard !digits.isEmpty, let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 8),
            value > 0, value < 256
        else { return nil }
        rest.removeFirst(digits.count + 1)
        return Unicode.Scalar(value)
    }
}
