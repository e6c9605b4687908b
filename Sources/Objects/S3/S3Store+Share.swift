// SPDX-License-Identifier: Apache-2.0
public import Transfer

extension S3Store {
    /// What somebody may do who has a URL and no access key.
    public enum Share: String, Sendable {
        /// Read the object.
        case get = "GET"
        /// Make it.
        case put = "PUT"
    }

    /// A URL by which anybody may read or make one object for a while, with the right of this store's access key.
    ///
    /// - Parameters:
    ///   - key: Where the object is, or will be.
    ///   - share: What may be done.
    ///   - seconds: How long: 1 to 604,800, a week, as S3 takes at most.
    ///   - scope: Ends it early.
    /// - Returns: The URL, which is a secret as long as it holds.
    /// - Throws: If there is no access key, or no such time.
    public func url(
        of key: ObjectKey,
        for share: Share,
        seconds: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> String {
        let call = StoreCall("share", key.text, scope)
        guard (1...604_800).contains(seconds) else {
            throw call.error(.refused("a URL holds for 1 second to 7 days"))
        }
        let accessKey = try client.keys.key(insteadOf: nil, in: scope)
        let name = try full(key, call), place = client.place, plain = place.url(of: name, query: "")
        let query: String
        switch place.signature {
        case .v4:
            let signature = S3Signature(key: accessKey, region: place.region, time: client.time)
            query = signature.query(share.rawValue, plain.path, host: plain.authority, seconds: seconds)
        case .v2:
            let signature = S3OldSignature(key: accessKey, bucket: place.bucket, time: client.time)
            query = signature.query(share.rawValue, place.path(of: name), until: client.time + Int64(seconds))
        }
        return "\(plain)?\(query)"
    }
}
