// SPDX-License-Identifier: Apache-2.0

/// An IP network in prefix notation, for example `10.77.1.0/24`.
public struct IPPrefix: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// The first address.
    public let address: IPAddress
    /// The number of leading bits that all addresses share.
    public let length: Int

    /// Reads a prefix; nil if it is malformed or has bits set beyond its length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])),
            let length = UInt8(digits: String(parts[1])), Int(length) <= address.bytes.count * 8
        else { return nil }
        self.address = address
        self.length = Int(length)
        guard IPPrefix.leading(address.bytes, Int(length)) == address.bytes else { return nil }
    }

    /// Whether the address lies within.
    public func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count && IPPrefix.leading(other.bytes, length) == address.bytes
    }

    /// Whether the two have an address in common.
    public func overlaps(_ other: IPPrefix) -> Bool {
        length <= other.length ? contains(other.address) : other.contains(address)
    }

    /// The usual notation.
    public var description: String {
        "\(address)/\(length)"
    }

    private static func leading(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 0 ? 0 : byte & (0xff << UInt8(8 - kept))
        }
    }
}
