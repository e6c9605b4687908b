// SPDX-License-Identifier: Apache-2.0
internal import Keys
public import Linux
public import Transfer

/// Objects in a container of OpenStack Swift, or of a server that speaks its language.
///
/// It creates nothing where there must be none: see `create`.
public struct SwiftStore: ObjectStore {
    let client: SwiftClient
    /// The name of the container.
    public var container: String { client.container }
    /// What stands before every key.
    let prefix: String
    /// Whether the container is made when it is missing.
    let makesContainer: Bool

    /// The store of a container, or of a part of it.
    ///
    /// - Parameters:
    ///   - container: Its name.
    ///   - prefix: What stands before every key, and belongs to no key: empty, or ends with a slash.
    ///   - makesContainer: Whether it is made when something is put and it is missing.
    ///   - client: Who asks.
    ///   - identity: Who gives tokens; they are kept as long as they last.
    ///   - trust: Which servers are believed; asked for with each request.
    ///   - now: The clock that tokens last by; nil for the node's.
    public init(
        _ container: String,
        prefix: String = "",
        makesContainer: Bool = false,
        client: TransferClient,
        identity: any SwiftIdentity,
        trust: @escaping @Sendable () throws(ObjectError) -> TransferTrust = { () throws(ObjectError) in
            TransferTrust()
        },
        now: (@Sendable () -> ContinuousClock.Instant)? = nil
    ) {
        let tokens = SwiftTokenCache(identity, now: now ?? { ContinuousClock.now })
        self.client = SwiftClient(container, client, tokens, trust: trust)
        self.prefix = prefix
        self.makesContainer = makesContainer
    }

    /// What is at a key, or a part of it; what comes whole must have the hash that the store says.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        let call = StoreCall("get", key.text, scope)
        var request = SwiftRequest(method: "GET", key: try full(key, call))
        if let range {
            guard !range.isEmpty else { throw call.nothing(of: try head(key, in: scope).size) }
            request.fields.append(("Range", PartAnswer.field(range, limit: limit)))
        }
        if let known { request.fields.append(("If-None-Match", "\"\(known.text)\"")) }
        try call.check()
        let transfer = try client.ask(request, for: [200, 206, 304, 416], call)
        let response = transfer.response
        switch response.status {
        case 304: return nil
        case 416: throw call.nothing(of: PartAnswer.size(unsatisfied: response))
        default:
            let answer = try PartAnswer(transfer, call)
            guard answer.status.tag != known else { return nil }
            let object = try answer.read(range, limit: limit)
            guard range != nil || response.isLarge || Self.isHash(object.status.tag, of: object.bytes) else {
                throw call.error(.unavailable("the bytes are not those that its hash is of"))
            }
            return StoredObject(status: object.status.made(response), bytes: object.bytes)
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
        var request = SwiftRequest(method: "GET", key: try full(key, call))
        request.fields.append(("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        request.isIntoFile = true
        try call.check()
        let transfer = try client.ask(request, for: [200, 206, 416], call)
        guard transfer.response.status != 416 else {
            throw call.nothing(of: PartAnswer.size(unsatisfied: transfer.response))
        }
        let answer = try PartAnswer(transfer, call)
        try call.check(answer.status, is: version)
        try answer.write(range, to: file)
        return answer.status.made(transfer.response)
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none, or no container.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        let call = StoreCall("head", key.text, scope)
        try call.check()
        return try look(try full(key, call), call).status
    }

    /// What is known of an object, and whether a manifest names its segments.
    func look(_ key: String, _ call: StoreCall) throws(ObjectError) -> (status: ObjectStatus, isStatic: Bool)
    {
        let response = try client.ask(SwiftRequest(method: "HEAD", key: key), for: [200, 204], call).response
        guard let status = ObjectStatus(response, size: response.length) else {
            throw call.error(.unavailable("the store does not say how large it is, or what it calls it"))
        }
        return (status.made(response), response["x-static-large-object"] != nil)
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

    /// Whether a tag is the MD5 of bytes; where there is no MD5, every tag is.
    private static func isHash(_ tag: EntityTag, of bytes: [UInt8]) -> Bool {
        let hash = HashFunction.md5.hex(bytes)
        return hash.isEmpty || tag.text == hash
    }
}

extension TransferResponse {
    /// Whether an object is made of others, and its tag is a hash of theirs.
    var isLarge: Bool { self["x-static-large-object"] != nil || self["x-object-manifest"] != nil }
}

extension ObjectStatus {
    /// With the time that lists have: `Last-Modified` is rounded otherwise.
    func made(_ response: TransferResponse) -> ObjectStatus {
        let seconds = response["x-timestamp"]?.prefix { $0 != "." }
        return ObjectStatus(size: size, modified: seconds.flatMap { Int64($0) } ?? modified, tag: tag)
    }
}
