// SPDX-License-Identifier: Apache-2.0

/// Messages that are sent one by one, each where the one before it ends.
struct Messages: Equatable, Sendable {
    /// All of them.
    var bytes: [UInt8] = []
    /// Where each ends.
    var ends: [Int] = []

    var count: Int { ends.count }

    subscript(index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// What was appended since the last end is a message.
    mutating func end() { ends.append(bytes.count) }
}

/// What encoders append to bytes without making a string.
extension [UInt8] {
    /// A number without leading zeros.
    mutating func append(decimal number: UInt64) {
        append(decimal: number, digits: Self.digits(of: number))
    }

    /// A number with leading zeros, in so many digits.
    mutating func append(decimal number: UInt64, digits: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text in
            var rest = number
            for index in stride(from: digits - 1, through: 0, by: -1) {
                text[index] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: text[..<digits]))
        }
    }

    /// A text that is known when this is compiled.
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// How many digits a number has.
    static func digits(of number: UInt64) -> Int {
        var count = 1, rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}
