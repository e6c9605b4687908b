// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Transfer

/// Signature version 4 of AWS in the field `Authorization`, over everything that is asked.
struct S3Signature {
    let key: AccessKey
    let region: String
    var service = "s3"
    /// Seconds since 1970, by the server's clock as far as it is known.
    let time: Int64

    /// The value of `x-amz-date`: `20150830T123600Z`.
    var date: String {
        var time = time_t(time), parts = tm()
        gmtime_r(&time, &parts)
        func digits(_ value: Int32, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day = digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2)
        return "\(day)T\(digits(parts.tm_hour, 2))\(digits(parts.tm_min, 2))\(digits(parts.tm_sec, 2))Z"
    }

    /// The value of `Authorization`.
    ///
    /// - Parameters:
    ///   - method: As it is sent.
    ///   - path: As it is sent, encoded once.
    ///   - query: As it is sent; see `query(of:)`.
    ///   - fields: All that are signed: `host`, `x-amz-date` and those that mean something to the server.
    ///   - payload: The SHA-256 of the body in hexadecimal digits.
    /// - Returns: The scheme, whose key and which fields were signed, and the signature.
    func authorization(
        _ method: String,
        _ path: String,
        query: String,
        fields: [(name: String, value: String)],
        payload: String
    ) -> String {
        let (names, signature) = sign(method, path, query: query, fields: fields, payload: payload)
        return
            "AWS4-HMAC-SHA256 Credential=\(key.id)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// The query of a URL that anybody may ask for a while: signed, with the signature at its end.
    ///
    /// - Parameters:
    ///   - method: What may be asked.
    ///   - path: As it is sent, encoded once.
    ///   - host: Whom.
    ///   - seconds: How long, from now on.
    /// - Returns: The query.
    func query(_ method: String, _ path: String, host: String, seconds: Int) -> String {
        var parameters = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", "\(key.id)/\(scope)"),
            ("X-Amz-Date", date), ("X-Amz-Expires", String(seconds)), ("X-Amz-SignedHeaders", "host"),
        ]
        if let session = key.session { parameters.append(("X-Amz-Security-Token", session)) }
        let query = Self.query(of: parameters)
        let (_, signature) = sign(
            method,
            path,
            query: query,
            fields: [("host", host)],
            payload: S3Request.unsigned
        )
        return "\(query)&X-Amz-Signature=\(signature)"
    }

    private var scope: String { "\(date.prefix(8))/\(region)/\(service)/aws4_request" }

    /// Which fields are signed, and the signature.
    private func sign(
        _ method: String,
        _ path: String,
        query: String,
        fields: [(name: String, value: String)],
        payload: String
    ) -> (names: String, signature: String) {
        let date = date, day = String(date.prefix(8))
        let named = Dictionary(grouping: fields) { $0.name.lowercased() }
            .mapValues { $0.map { Self.normal($0.value) }.joined(separator: ",") }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let names = named.map(\.key).joined(separator: ";")
        let lines = named.map { "\($0.key):\($0.value)\n" }.joined()
        let request = [method, path, query, lines, names, payload].joined(separator: "\n")
        let text = ["AWS4-HMAC-SHA256", date, scope, HashFunction.sha256.hex(Array(request.utf8))]
        var code = Array("AWS4\(key.secret)".utf8)
        for part in [day, region, service, "aws4_request", text.joined(separator: "\n")] {
            code = Secrets.code(Array(part.utf8), key: code)
        }
        return (names, HashFunction.hex(of: code))
    }

    /// A query as it is signed, and sent: encoded, by the bytes of its names, each with a `=`.
    static func query(of parameters: [(name: String, value: String)]) -> String {
        parameters.map { (TransferURL.encode($0.name), TransferURL.encode($0.value)) }
            .sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// A value without spaces at its ends, and one in place of several.
    private static func normal(_ value: String) -> String {
        value.split(separator: " ").joined(separator: " ")
    }
}
