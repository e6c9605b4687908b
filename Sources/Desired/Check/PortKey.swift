// SPDX-License-Identifier: Apache-2.0

/// What a published port takes from the host.
struct PortKey: Hashable {
    let number: UInt16
    let transport: Transport
    let address: IPAddress?

    /// The same port on every address of the version.
    ///
    /// A port without an address is bound where the node says, by default to loopback, and counts as version
    /// 4.
    var wildcard: PortKey {
        let every = address?.isIPv6 == true ? IPAddress.everySix : IPAddress.everyFour
        return PortKey(number: number, transport: transport, address: every)
    }
}
