// SPDX-License-Identifier: Apache-2.0
internal import CTransfer

/// An `http` or `https` URL without user name and password, as libcurl reads it: what is checked is what is asked.
public struct TransferURL: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    public let scheme: String
    /// The host in lower case; an IPv6 address stands in brackets, an IPv4 address is in its usual form.
    public let host: String
    /// The port, the scheme's own if the URL names none.
    public let port: UInt16
    /// The path, from its `/` on.
    public let path: String
    /// What follows the `?`, as written; nil if there is none.
    public let query: String?

    /// Reads a URL; one with another scheme, a user name or a fragment is refused.
    public init(_ text: String) throws(TransferError) { try self.init(text, base: nil) }

    /// Reads a reference as a `Location` field holds it, which may be relative to `base`.
    public init(_ text: String, relativeTo base: TransferURL) throws(TransferError) {
        try self.init(text, base: base)
    }

    private init(_ text: String, base: TransferURL?) throws(TransferError) {
        let shown = String(text.prefix { $0 != "?" }.prefix(200))
        func refused(_ why: String) -> TransferError { TransferError("read", shown, .address(why)) }
        guard text.utf8.count <= 8192, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refused("is no URL: use up to 8192 printable ASCII characters")
        }
        guard let url = curl_url() else { throw refused("there is no memory") }
        defer { curl_url_cleanup(url) }
        if let base { curl_url_set(url, CURLUPART_URL, base.text, 0) }
        guard curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else {
            throw refused("is no URL")
        }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var found: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, part, &found, UInt32(flags)) == CURLUE_OK, let found else { return nil }
            defer { curl_free(found) }
            return String(cString: found)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), scheme == "http" || scheme == "https" else {
            throw refused("is neither http nor https")
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw refused("a URL may hold no user name or password")
        }
        guard let host = part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap(UInt16.init)
        else { throw refused("has no host") }
        self.scheme = scheme
        self.host = host
        self.port = port
        path = part(CURLUPART_PATH) ?? "/"
        query = part(CURLUPART_QUERY)
    }

    private init(scheme: String, host: String, port: UInt16, path: String, query: String?) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }

    /// The same server, another path, which begins with `/`.
    public func at(path: String, query: String? = nil) -> TransferURL {
        TransferURL(scheme: scheme, host: host, port: port, path: path, query: query)
    }

    /// The same with further parameters, which are encoded.
    public func adding(_ parameters: [(name: String, value: String)]) -> TransferURL {
        let more = parameters.map { Self.encode($0.name) + "=" + Self.encode($0.value) }
        let all = (query.map { $0.isEmpty ? [] : [$0] } ?? []) + more
        return at(path: path, query: all.joined(separator: "&"))
    }

    /// Scheme, host and port: what a secret is for.
    public var origin: String { "\(scheme)://\(host):\(port)" }

    /// Host and port; the port only if it is not the scheme's own.
    public var authority: String {
        (scheme == "https" ? 443 : 80) == port ? host : "\(host):\(port)"
    }

    /// Without the query, for messages.
    public var description: String { "\(scheme)://\(authority)\(path)" }

    /// The whole of it.
    var text: String { description + (query.map { "?" + $0 } ?? "") }

    /// Everything but RFC 3986's unreserved characters as `%XX`.
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
