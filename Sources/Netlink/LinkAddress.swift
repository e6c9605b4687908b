// SPDX-License-Identifier: Apache-2.0

/// An address of an interface as the kernel lists it.
public struct LinkAddress: Hashable, Sendable {
    /// The index of the interface.
    public let link: Int32
    /// The address and its prefix length.
    public let prefix: AddressPrefix

    /// Reads the payload of an `RTM_NEWADDR` message.
    init?(payload: ArraySlice<UInt8>) {
        guard payload.count >= 8, let link = payload.integer(at: 4, Int32.self),
            let length = payload.integer(at: 1, UInt8.self)
        else { return nil }
        let attributes = Attributes(payload.dropFirst(8))
        // On a point-to-point interface ADDRESS is the peer; LOCAL, if there, is our own.
        let bytes =
            attributes.bytes(Rtnetlink.AddressAttribute.local)
            ?? attributes.bytes(Rtnetlink.AddressAttribute.address)
        guard let address = bytes.flatMap({ IPAddress(bytes: $0) }),
            let prefix = AddressPrefix(address, length: Int(length))
        else { return nil }
        self.link = link
        self.prefix = prefix
    }
}
