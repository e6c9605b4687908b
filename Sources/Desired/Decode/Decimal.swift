// SPDX-License-Identifier: Apache-2.0

/// An unsigned decimal number at the head of a text, kept exact: digits, and how many of them follow the point.
struct Decimal {
    /// All digits as one number.
    let digits: Int64
    /// Ten to the number of digits after the point.
    let divisor: Int64
    /// What follows the number.
    let rest: Substring

    /// Reads `12`, `1.5` or `.5`; nil without a digit or with more digits than an `Int64` holds.
    init?(leading text: String) {
        self.init(leading: Substring(text))
    }

    /// Reads the number at the head of a part of a text.
    init?(leading text: Substring) {
        var digits: Int64 = 0
        var divisor: Int64 = 1
        var count = 0
        var afterPoint = false
        var index = text.utf8.startIndex
        while index < text.utf8.endIndex {
            let byte = text.utf8[index]
            if byte == UInt8(ascii: "."), !afterPoint {
                afterPoint = true
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                let (tens, over) = digits.multipliedReportingOverflow(by: 10)
                let (sum, above) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
                guard !over, !above else { return nil }
                digits = sum
                count += 1
                if afterPoint {
                    let (next, over) = divisor.multipliedReportingOverflow(by: 10)
                    guard !over else { return nil }
                    divisor = next
                }
            } else {
                break
            }
            index = text.utf8.index(after: index)
        }
        guard count > 0 else { return nil }
        self.digits = digits
        self.divisor = divisor
        self.rest = text[index...]
    }

    /// The number times `unit`, cut to a whole number; nil if it does not fit.
    func scaled(by unit: Int64) -> Int64? {
        let product = digits.multipliedFullWidth(by: unit)
        // The quotient must stay below 2^63, or the division traps.
        let limit = divisor.multipliedFullWidth(by: Int64.max)
        guard (product.high, product.low) <= (limit.high, limit.low) else { return nil }
        return divisor.dividingFullWidth(product).quotient
    }

    /// `count` in units of `size`, which is a power of ten, without trailing zeros.
    static func spelled(_ count: Int64, per size: Int64) -> String {
        guard count % size != 0 else { return "\(count / size)" }
        var digits = String(count % size + size).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(count / size).\(digits)"
    }
}
