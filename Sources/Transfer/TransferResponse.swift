// SPDX-License-Identifier: Apache-2.0

/// The head of an answer.
public struct TransferResponse: Sendable {
    /// The status code, from 200 on.
    public let status: Int
    /// Who answered, after redirects.
    public let url: TransferURL
    /// The address that answered; nil for none.
    public let address: String?
    private let fields: [(name: String, value: String)]

    init(status: Int, url: TransferURL, address: String?, fields: [(name: String, value: String)]) {
        self.status = status
        self.url = url
        self.address = address
        self.fields = fields
    }

    /// The value of a field, by its name in lower case; the first of several.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// All values of a field, by its name in lower case.
    public func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// `Content-Length`, if it is a number.
    public var length: Int64? { self["content-length"].flatMap(Int64.init).flatMap { $0 < 0 ? nil : $0 } }

    /// `Date`: the server's clock; seconds since 1970.
    public var date: Int64? { self["date"].flatMap(HTTPDate.seconds) }

    /// `Last-Modified`; seconds since 1970.
    public var modified: Int64? { self["last-modified"].flatMap(HTTPDate.seconds) }

    /// `Content-Type` without its parameters.
    public var mediaType: String? {
        self["content-type"].map { String($0.prefix { $0 != ";" }).trimmed.lowercased() }
    }

    /// Whether the server may say something else to the same request later: it is overloaded, or broken.
    public var isTransient: Bool {
        status == 429 || status == 408 || (500...599).contains(status) && status != 501
    }

    /// Where an upload goes on, or what the answer is elsewhere.
    public func location() throws(TransferError) -> TransferURL? {
        guard let location = self["location"] else { return nil }
        return try TransferURL(location, relativeTo: url)
    }

    /// `Retry-After`: seconds, or until a date (RFC 9110, 10.2.3) by the clock of the answer.
    public var retryAfter: Duration? {
        guard let text = self["retry-after"] else { return nil }
        if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
        guard let date = HTTPDate.seconds(text), let now = self["date"].flatMap(HTTPDate.seconds) else {
            return nil
        }
        return .seconds(max(0, date - now))
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

extension TransferResponse {
    /// `Content-Range: bytes START-END/SIZE` (RFC 9110, 14.4); a size that is not told is nil.
    public var range: (start: Int64, size: Int64?)? {
        guard let text = self["content-range"], text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = Int64(parts[0].prefix { $0 != "-" }), start >= 0 else {
            return nil
        }
        return (start, Int64(parts[1]))
    }
}
