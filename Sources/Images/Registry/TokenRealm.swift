// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// Where a registry sends us for a token, and what may go there.
///
/// The place is an outsider's word. A registry that is outside must not make this node ask what only this node can
/// reach, nor hand out the names and passwords that are meant for another (CVE-2020-15157).
struct TokenRealm: Equatable {
    let url: TransferURL
    /// Whether the registry's user name and password may go there.
    let isTrusted: Bool
    /// Where the connection may lead; nil is everywhere.
    let ranges: Set<AddressRange>?

    /// Judges a realm that the server of `endpoint` named, which answered from `address`.
    init(_ text: String, of endpoint: RegistryEndpoint, address: String?) throws(ImageError) {
        func refused(_ why: String) -> ImageError {
            ImageError("authenticate to", endpoint.name, .unsupported("its token service \(why)"))
        }
        do throws(TransferError) {
            url = try TransferURL(text)
        } catch {
            guard case .address(let why) = error.cause else { throw refused("cannot be asked") }
            throw refused(why)
        }
        guard url.scheme == "https" || endpoint.base.scheme == "http" else {
            throw refused("\(url.authority) would be asked without TLS")
        }
        let isNamed = endpoint.tokenHosts.contains(url.host) || endpoint.tokenHosts.contains(url.authority)
        isTrusted = isNamed || url.host == endpoint.base.host
        if isNamed {
            ranges = nil
        } else {
            // No nearer than the registry itself is: one inside may have its tokens from inside.
            let own = address.flatMap { AddressRange($0) }.map { $0 == .reserved ? [] : [$0] } ?? []
            ranges = Set([.global] + own)
            // A name is judged when it is connected to, see `TransferRequest.ranges`; an address can be at once.
            let literal = url.host.filter { $0 != "[" && $0 != "]" }
            if let range = AddressRange(literal), ranges?.contains(range) == false {
                throw refused(
                    "would be \(url.authority), a \(range.rawValue) address: name it in 'token_hosts' if it may"
                )
            }
        }
    }
}
