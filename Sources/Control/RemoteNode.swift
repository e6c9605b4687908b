// SPDX-License-Identifier: Apache-2.0

/// A node that is reached by TLS, and what we prove ourselves with to it; files are paths.
public struct RemoteNode: Sendable, Equatable {
    /// Its host name or address.
    public var host: String
    /// The port of its API.
    public var port: Int
    /// Certificates of the authorities that may vouch for it, in place of the system's.
    public var authorities: String?
    /// Our certificate.
    public var certificate: String?
    /// Its private key.
    public var key: String?
    /// The file that holds our token.
    public var token: String?

    /// The port of a node that names none.
    public static let usualPort = 7443

    /// Reads `https://HOST[:PORT]`, or the same without the scheme; nil if it is written otherwise.
    public init?(_ address: String) {
        var rest = address[...]
        if rest.hasPrefix("https://") { rest = rest.dropFirst(8) }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        var host = rest
        var port = Self.usualPort
        let isBare = rest.count(where: { $0 == ":" }) > 1 && !rest.hasPrefix("[")
        if !isBare, !rest.hasSuffix("]"), let colon = rest.lastIndex(of: ":") {
            guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            (host, port) = (rest[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.utf8.count <= 253,
            host.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x3A].contains(byte)
            })
        else { return nil }
        (self.host, self.port) = (String(host), port)
    }

    /// `HOST:PORT`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
