// SPDX-License-Identifier: Apache-2.0

/// An amount of processor time in billionths of a processor: `1.5` is 1,500,000,000.
public struct CPUCount: Sendable, Codable, Equatable, Hashable, Comparable {
    /// Billionths of one processor.
    public let nanos: Int64

    /// This many billionths of a processor.
    public init(nanos: Int64) {
        self.nanos = nanos
    }

    /// Reads `0.5` or `2`; nil if the text is not a plain decimal number.
    public init?(_ text: String) {
        guard let decimal = Decimal(leading: text), decimal.rest.isEmpty,
            let nanos = decimal.scaled(by: 1_000_000_000)
        else { return nil }
        self.nanos = nanos
    }

    /// Smaller amounts come first.
    public static func < (one: CPUCount, other: CPUCount) -> Bool {
        one.nanos < other.nanos
    }
}
