// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux
public import Transfer

/// Objects in a bucket of S3, or of a server that speaks its language.
///
/// What the store promises is found out at its first use, and nothing is believed of it: see `promises(in:)`.
public struct S3Store: ObjectStore {
    let client: S3Client
    /// What stands before every key.
    let prefix: String
    /// What it was seen to do is noted in it, and believed for a while.
    let isNoted: Bool

    /// The store of a bucket, or of a part of it.
    ///
    /// - Parameters:
    ///   - place: The bucket.
    ///   - prefix: What stands before every key, and belongs to no key: empty, or ends with a slash.
    ///   - isNoted: Whether what it was seen to do is noted in it: see `StorePromises.note()`.
    ///   - client: Who asks.
    ///   - keys: Where its access key comes from.
    ///   - trust: Which servers are believed; asked for with each request.
    ///   - now: The clock, in seconds since 1970; nil for the node's.
    public init(
        _ place: S3Place,
        prefix: String = "",
        isNoted: Bool = false,
        client: TransferClient,
        keys: any AccessKeySource,
        trust: @escaping @Sendable () throws(ObjectError) -> TransferTrust = { () throws(ObjectError) in
            TransferTrust()
        },
        now: (@Sendable () -> Int64)? = nil
    ) {
        self.client = S3Client(place, client, keys, trust: trust, now: now ?? { Int64(time(nil)) })
        self.prefix = prefix
        self.isNoted = isNoted
    }

    /// What is at a key, or a part of it.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        let call = StoreCall("get", key.text, scope)
        var request = S3Request(method: "GET", key: try full(key, call))
        if let range {
            guard !range.isEmpty else { throw call.nothing(of: try head(key, in: scope).size) }
            request.fields.append(("Range", PartAnswer.field(range, limit: limit)))
        }
        if let known { request.fields.append(("If-None-Match", "\"\(known.text)\"")) }
        try call.check()
        let transfer = try client.ask(request, for: [200, 206, 304, 416], call)
        switch transfer.response.status {
        case 304: return nil
        case 416:
            throw call.nothing(of: PartAnswer.size(unsatisfied: transfer.response))
        default:
            let answer = try PartAnswer(transfer, call)
            // Some stores do not know the condition, or never hold it.
            guard answer.status.tag != known else { return nil }
            return try answer.read(range, limit: limit)
        }
    }

    /// Reads a part of an object into the same place of a file, as it comes.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>,
        of version: EntityTag?,
        into file: Descriptor,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectStatus {
        let call = StoreCall("get", key.text, scope)
        var request = S3Request(method: "GET", key: try full(key, call))
        request.fields.append(("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        request.isIntoFile = true
        try call.check()
        let transfer = try client.ask(request, for: [200, 206, 416], call)
        guard transfer.response.status != 416 else {
            throw call.nothing(of: PartAnswer.size(unsatisfied: transfer.response))
        }
        let answer = try PartAnswer(transfer, call)
        // Not by `If-Match`: there are stores that never hold it.
        try call.check(answer.status, is: version)
        try answer.write(range, to: file)
        return answer.status
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none, or no bucket.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        let call = StoreCall("head", key.text, scope)
        let request = S3Request(method: "HEAD", key: try full(key, call))
        try call.check()
        let response = try client.ask(request, for: [200], call).response
        guard let status = ObjectStatus(response, size: response.length) else {
            throw call.error(.unavailable("the store does not say how large it is, or what it calls it"))
        }
        return status
    }

    /// A key with what stands before it.
    func full(_ key: ObjectKey, _ call: StoreCall) throws(ObjectError) -> String {
        let text = prefix + key.text
        guard text.utf8.count <= ObjectKey.maximumBytes else {
            throw call.error(
                .refused("is longer than \(ObjectKey.maximumBytes) bytes with the prefix of the store")
            )
        }
        return text
    }
}
