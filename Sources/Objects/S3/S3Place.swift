// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// Where the objects of an S3 store are.
public struct S3Place: Sendable {
    /// The server, and what stands before the bucket in paths; without the bucket.
    public let endpoint: TransferURL
    /// The bucket.
    public let bucket: String
    /// The region that signatures are for; stores other than AWS mostly have one of no meaning.
    public let region: String
    /// Whether the bucket is a part of paths, and not of the host's name.
    public let isPathStyle: Bool
    /// The account that must own the bucket: whoever takes its name over gets nothing.
    public let owner: String?
    /// How requests are signed.
    public let signature: Signature
    private let base: TransferURL

    /// The versions of signatures.
    public enum Signature: Sendable {
        /// Over all that is sent.
        case v4
        /// Over the names of things and AWS's own fields, for stores that know no other.
        case v2
    }

    /// A bucket of a server.
    ///
    /// - Parameters:
    ///   - endpoint: The server.
    ///   - bucket: Its bucket.
    ///   - region: What signatures are for.
    ///   - isPathStyle: Whether the bucket is a part of paths.
    ///   - owner: The account that must own the bucket.
    ///   - signature: How requests are signed.
    /// - Throws: If no such server can be asked.
    public init(
        endpoint: TransferURL,
        bucket: String,
        region: String = "us-east-1",
        isPathStyle: Bool = true,
        owner: String? = nil,
        signature: Signature = .v4
    ) throws(TransferError) {
        self.endpoint = endpoint
        self.bucket = bucket
        self.region = region
        self.isPathStyle = isPathStyle
        self.owner = owner
        self.signature = signature
        base =
            isPathStyle
            ? endpoint
            : try TransferURL(
                "\(endpoint.scheme)://\(bucket).\(endpoint.host):\(endpoint.port)\(endpoint.path)"
            )
    }

    /// Nobody on the way to it can change what is sent: it is asked by TLS, or is on this machine.
    var isTamperProof: Bool {
        guard signature == .v4, endpoint.scheme != "https" else { return signature == .v4 }
        return AddressRange(endpoint.host.filter { !"[]".contains($0) }) == .loopback
    }

    /// The URL of an object, or of the bucket.
    func url(of key: String?, query: String) -> TransferURL {
        var path = base.path
        if !path.hasSuffix("/") { path += "/" }
        if isPathStyle { path += bucket }
        if isPathStyle, key != nil { path += "/" }
        if key != nil { path += self.path(of: key).dropFirst() }
        return base.at(path: path, query: query.isEmpty ? nil : query)
    }

    /// The path of an object below the bucket, encoded, with the slash before it; that of the bucket as it is sent.
    func path(of key: String?) -> String {
        guard let key else { return isPathStyle ? "" : "/" }
        return "/"
            + key.split(separator: "/", omittingEmptySubsequences: false)
            .map { TransferURL.encode(String($0)) }.joined(separator: "/")
    }
}
