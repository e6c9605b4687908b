// SPDX-License-Identifier: Apache-2.0
public import Netlink

/// Where subnets come from when none is asked for.
public struct AddressPool: Hashable, Sendable {
    /// The whole range.
    public let range: AddressPrefix
    /// The prefix length of each network.
    public let length: Int

    /// Takes an IPv4 range and the prefix length of the slices, at most 30; nil if they do not fit.
    public init?(range: AddressPrefix, length: Int) {
        guard range.address.isV4, (range.length...30).contains(length) else { return nil }
        self.range = range.network
        self.length = length
    }

    private init() {
        range = AddressPrefix(classB: 0x0a4d_0000)
        length = 24
    }

    /// `10.77.0.0/16` in slices of 256 addresses.
    public static let standard = AddressPool()

    /// A free slice: the first from a start that depends on the label, so that a network tends to get the
    /// same one after a reboot; nil if all overlap `taken`.
    func slice(for label: NetworkLabel, avoiding taken: [AddressPrefix]) -> AddressPrefix? {
        let count = UInt64(1) << UInt64(length - range.length)
        let start = NetworkLabel.number(label.description) % count
        for step in 0..<count {
            let number = UInt32((start + step) % count)
            guard let address = range.host(number << UInt32(32 - length)),
                let slice = AddressPrefix(address, length: length)
            else { continue }
            if !taken.contains(where: { $0.overlaps(slice) }) { return slice }
        }
        return nil
    }
}

extension AddressPrefix {
    /// The lowest free host address from a number on: not the network, the gateway, the broadcast address, nor a taken
    /// one.
    func freeHost(from first: UInt32, gateway: IPAddress, _ isTaken: (IPAddress) -> Bool) -> IPAddress? {
        let count = UInt32(1) << UInt32(address.width - length)
        guard count > 2, first < count - 1 else { return nil }
        for number in max(first, 1)..<(count - 1) {
            if let candidate = host(number), candidate != gateway, !isTaken(candidate) {
                return candidate
            }
        }
        return nil
    }

    /// The /64 of unique local addresses (RFC 4193) of a label: 56 bits of its hash after `fd`.
    static func uniqueLocal(for label: NetworkLabel) -> AddressPrefix? {
        let hash = NetworkLabel.number(label.description)
        return AddressPrefix(.v6(0xfd << 56 | hash >> 8, 0), length: 64)
    }
}
