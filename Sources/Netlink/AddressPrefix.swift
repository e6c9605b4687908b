// SPDX-License-Identifier: Apache-2.0

/// An address with a prefix length: a subnet, or an interface address within one.
public struct AddressPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The address as given, host bits included.
    public let address: IPAddress
    /// The number of network bits.
    public let length: Int

    /// Takes an address and a length between 0 and the width of the address.
    public init?(_ address: IPAddress, length: Int) {
        guard (0...address.width).contains(length) else { return nil }
        self.address = address
        self.length = length
    }

    /// Reads `ADDRESS/LENGTH`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]) else {
            return nil
        }
        self.init(address, length: length)
    }

    /// The 65,536 IPv4 addresses around one, `A.B.0.0/16`.
    public init(classB address: UInt32) {
        self.init(clearing: .v4(address), length: 16)
    }

    /// The same prefix with the host bits cleared.
    public var network: AddressPrefix {
        AddressPrefix(clearing: address, length: length)
    }

    /// Whether `other` lies in this subnet.
    public func contains(_ other: IPAddress) -> Bool {
        other.isV4 == address.isV4 && AddressPrefix(clearing: other, length: length) == network
    }

    /// Whether the two subnets share an address.
    public func overlaps(_ other: AddressPrefix) -> Bool {
        length <= other.length ? contains(other.address) : other.contains(address)
    }

    /// The address that many steps after the network address, if it is still inside.
    public func host(_ number: UInt32) -> IPAddress? {
        let candidate: IPAddress =
            switch network.address {
            case .v4(let value): .v4(value &+ number)
            case .v6(let high, let low): .v6(high, low &+ UInt64(number))
            }
        return contains(candidate) ? candidate : nil
    }

    /// The last address of the subnet: for IPv4 the broadcast address.
    public var last: IPAddress {
        switch network.address {
        case .v4(let value): .v4(value | ~AddressPrefix.mask(length)) as IPAddress
        case .v6(let high, let low):
            .v6(high | ~AddressPrefix.mask(min(length, 64)), low | ~AddressPrefix.mask(max(length - 64, 0)))
        }
    }

    /// `ADDRESS/LENGTH`.
    public var description: String { "\(address)/\(length)" }

    private init(clearing address: IPAddress, length: Int) {
        self.length = length
        switch address {
        case .v4(let value): self.address = .v4(value & AddressPrefix.mask(length))
        case .v6(let high, let low):
            self.address = .v6(
                high & AddressPrefix.mask(min(length, 64)),
                low & AddressPrefix.mask(max(length - 64, 0))
            )
        }
    }

    private static func mask<Word: FixedWidthInteger>(_ length: Int) -> Word {
        length == 0 ? 0 : Word.max << (Word.bitWidth - length)
    }
}
