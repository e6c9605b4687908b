// SPDX-License-Identifier: Apache-2.0

/// A number of bytes, written as Compose writes it: `64m`, `1gb`, `1.5G`.
public struct ByteCount: Sendable, Codable, Equatable, Hashable, Comparable, CustomStringConvertible {
    /// The number of bytes.
    public let bytes: Int64

    /// A size of this many bytes.
    public init(_ bytes: Int64) {
        self.bytes = bytes
    }

    /// Reads a size; units are powers of 1,024 and case does not matter.
    ///
    /// Nil if the text is not a size.
    public init?(_ text: String) {
        guard let decimal = Decimal(leading: text) else { return nil }
        let shifts: [String: Int] = [
            "": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30,
            "gib": 30,
            "t": 40, "tb": 40, "tib": 40, "p": 50, "pb": 50, "pib": 50,
        ]
        guard let shift = shifts[decimal.rest.lowercased()],
            let bytes = decimal.scaled(by: Int64(1) << Int64(shift)),
            // There is no half a byte.
            shift > 0 || decimal.divisor == 1
        else { return nil }
        self.bytes = bytes
    }

    /// Smaller sizes come first.
    public static func < (one: ByteCount, other: ByteCount) -> Bool {
        one.bytes < other.bytes
    }

    /// The number of bytes, without a unit.
    public var description: String {
        String(bytes)
    }
}
