// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Transfer

/// Signature version 2 of AWS, which stores know that are older than version 4: it is over the fields that are AWS's,
/// and not over the body or the host.
struct S3OldSignature {
    let key: AccessKey
    let bucket: String
    /// Seconds since 1970, by the server's clock as far as it is known.
    let time: Int64

    /// What of a query names another thing than an object, and is signed.
    private static let resources: Set = [
        "acl", "delete", "lifecycle", "location", "logging", "notification", "partNumber", "policy",
        "requestPayment", "response-cache-control", "response-content-disposition",
        "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "torrent", "uploadId",
        "uploads", "versionId", "versioning", "versions", "website",
    ]

    /// The value of `x-amz-date`: `Tue, 27 Mar 2007 19:36:42 +0000`.
    var date: String {
        var time = time_t(time), parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
        let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(day) \(parts.tm_year + 1900) \(clock) +0000"
    }

    /// The value of `Authorization`.
    ///
    /// - Parameters:
    ///   - method: As it is sent.
    ///   - path: Below the bucket, as it is sent, encoded once.
    ///   - query: Before it is encoded.
    ///   - fields: All that are sent; `x-amz-date` stands for `Date`.
    /// - Returns: The scheme, whose key, and the signature.
    func authorization(
        _ method: String,
        _ path: String,
        query: [(name: String, value: String)],
        fields: [(name: String, value: String)]
    ) -> String {
        let named = Dictionary(grouping: fields) { $0.name.lowercased() }
            .mapValues { $0.map(\.value).joined(separator: ",") }
        let date = named["x-amz-date"] == nil ? named["date"] ?? "" : ""
        return "AWS \(key.id):\(sign(method, path, query, named, date))"
    }

    /// The query of a URL that anybody may ask until a time, in seconds since 1970.
    func query(_ method: String, _ path: String, until end: Int64) -> String {
        // A key with a session has to be shown with it.
        let session = key.session.map { [(name: "x-amz-security-token", value: $0)] } ?? []
        let named = Dictionary(uniqueKeysWithValues: session.map { ($0.name, $0.value) })
        let signature = sign(method, path, [], named, String(end))
        return Self.query(
            of: [("AWSAccessKeyId", key.id), ("Expires", String(end)), ("Signature", signature)] + session
        )
    }

    /// A query as it is sent: what has no value has no `=`.
    static func query(of parameters: [(name: String, value: String)]) -> String {
        parameters.map {
            $0.value.isEmpty
                ? TransferURL.encode($0.name)
                : "\(TransferURL.encode($0.name))=\(TransferURL.encode($0.value))"
        }.joined(separator: "&")
    }

    private func sign(
        _ method: String,
        _ path: String,
        _ query: [(name: String, value: String)],
        _ named: [String: String],
        _ date: String
    ) -> String {
        let own = named.filter { $0.key.hasPrefix("x-amz-") }.sorted { $0.key < $1.key }
            .map { "\($0.key):\($0.value)\n" }.joined()
        let resources = query.filter { Self.resources.contains($0.name) }.sorted { $0.name < $1.name }
            .map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }.joined(separator: "&")
        let resource = "/\(bucket)\(path)\(resources.isEmpty ? "" : "?" + resources)"
        let text = [method, named["content-md5"] ?? "", named["content-type"] ?? "", date, own + resource]
        let code = Secrets.code(
            Array(text.joined(separator: "\n").utf8),
            key: Array(key.secret.utf8),
            by: .sha1
        )
        return Base64.encode(code)
    }
}
