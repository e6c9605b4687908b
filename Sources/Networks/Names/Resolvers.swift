// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

/// The host's own resolvers, from resolv.conf(5).
enum Resolvers {
    /// At most as many as the C library uses, MAXNS.
    static let limit = 3

    /// The resolvers in the host's file; none if it cannot be read.
    static func host(path: String = "/etc/resolv.conf") -> [Endpoint] {
        guard let bytes = try? Descriptor.open(path, O_RDONLY).readAll(limit: 65_536) else { return [] }
        return parse(String(decoding: bytes, as: UTF8.self))
    }

    static func parse(_ text: String) -> [Endpoint] {
        let addresses = text.split(whereSeparator: \.isNewline).compactMap { line -> IPAddress? in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return IPAddress(words[1])
        }
        return addresses.prefix(limit).map { Endpoint(address: $0, port: 53) }
    }
}
