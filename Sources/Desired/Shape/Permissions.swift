// SPDX-License-Identifier: Apache-2.0

/// The permission bits of a file, in the spellings that nobody reads otherwise.
///
/// YAML 1.1 reads `0440` as octal and YAML 1.2 as 440; here it can only be meant as octal. A bare `440` is
/// decimal to Compose, which is hardly what was meant, so it is refused.
enum Permissions {
    /// The bits of a number or a string; nil once the field has reported why not.
    static func read(_ field: Field) -> UInt16? {
        guard let scalar = field.scalar, [.number, .string].contains(scalar.type) else {
            field.mismatch("permission bits in octal")
            return nil
        }
        let isBare = scalar.isPlain && !scalar.isInterpolated
        var digits = scalar.text[...]
        if isBare, digits.hasPrefix("0o") { digits = digits.dropFirst(2) }
        let isOctal = !isBare || scalar.text.hasPrefix("0")
        guard isOctal, let mode = octal(digits) else {
            field.refuse(
                "\(Characters.quoted(scalar.text)) is not permission bits in octal",
                "write for example \"0440\""
            )
            return nil
        }
        return mode
    }

    /// Up to six octal digits.
    static func octal(_ digits: some StringProtocol) -> UInt16? {
        guard (1...6).contains(digits.utf8.count), digits.utf8.allSatisfy(Characters.isDigit),
            let mode = UInt16(digits, radix: 8), mode <= 0o7777
        else { return nil }
        return mode
    }
}
