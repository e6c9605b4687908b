// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

/// A store that speaks S3 as servers do that cannot be had here, and lies where it is told to.
final class FakeS3: Sendable {
    /// What is wrong with it.
    struct Quirks: Sendable {
        /// It has lists of the first version alone, and takes no notice of what it does not know.
        var listsOld = false
        /// A list of the second version is an error.
        var refusesNewLists = false
        /// What it does with `If-None-Match: *` on a put.
        var condition = Condition.held
        /// So many requests are told to slow down first.
        var slow = 0
        /// The answer to a put that is an error all the same.
        var errorInside = false
        /// How far its clock is ahead, in seconds.
        var ahead: Int64 = 0
        /// Bodies of objects end after so many bytes.
        var cut: Int?
        /// So many puts are done, and their answer is lost.
        var swallowed = 0
        /// It takes ranges for all.
        var ignoresRanges = false
        /// The keys that it does not take any more.
        var staleKeys: Set<String> = []
        /// What it answers to everything.
        var answer: Answer?
        /// So many lists show what there was before the last put or deletion.
        var lateLists = 0
        /// Lists are in no order.
        var isShuffled = false
        /// Lists go from folder to folder: `a/b` before `a-b`.
        var listsFolders = false
        /// So many objects are made of parts, and the answer is lost.
        var swallowedEnds = 0
        /// So many ends of uploads are an error inside an answer that is fine.
        var errorsAtEnd = 0
        /// The part after which every part is refused for now.
        var lastPart = Int.max
        /// It compares no hash that a request was signed with.
        var ignoresPayload = false
        /// When uploads began that it tells of.
        var started = "2015-08-30T12:00:00.000Z"
        /// It has no request that deletes many.
        var deletesOne = false
        /// An object that cannot be deleted with others.
        var kept: String?
        /// It knows signatures of version 2 alone.
        var signsOld = false
        /// What it does with a CRC-32C.
        var sum = Sum.ignored
        /// The access key may not write.
        var isReadOnly = false
    }

    /// `racy` lets one in too many of those who come at once, `early` looks where an upload begins.
    enum Condition { case held, ignored, unknown, racy, early }

    enum Sum { case ignored, compared, unknown }

    struct State {
        var objects: [String: [UInt8]] = [:] {
            didSet { (listed, late) = (oldValue, quirks.lateLists) }
        }
        /// What lists show until so many have been asked for.
        var listed: [String: [UInt8]] = [:]
        var late = 0
        var uploads: [String: Upload] = [:]
        /// Of what was made of parts.
        var tags: [String: String] = [:]
        var quirks: Quirks
    }

    private final class Content: Sendable {
        let state: Mutex<State>
        init(_ quirks: Quirks) { state = Mutex(State(quirks: quirks)) }
    }

    private static let now: Int64 = 1_440_938_160

    private let server: WebServer
    private let content: Content
    private let client: TransferClient

    init(_ quirks: Quirks = Quirks()) throws {
        let content = Content(quirks)
        self.content = content
        client = try TransferClient()
        server = try WebServer(
            answer: { asked in content.state.withLock { Self.answer(asked, &$0) } },
            look: { head in
                content.state.withLock { state in
                    guard state.quirks.condition == .early, head.fields["if-none-match"] == "*",
                        state.objects[Self.decoded(String(head.path.dropFirst("/bucket/".count)))] != nil
                    else { return nil }
                    return Self.error(412, "PreconditionFailed")
                }
            }
        )
    }

    var asked: [Asked] { server.asked }
    var count: Int { server.asked.count }

    func change(_ body: (inout Quirks) -> Void) { content.state.withLock { body(&$0.quirks) } }

    /// What it has.
    var objects: [String: [UInt8]] { content.state.withLock { $0.objects } }
    var uploads: [String: Upload] { content.state.withLock { $0.uploads } }

    /// Makes objects without being asked.
    func fill(_ keys: [String], bytes: [UInt8] = []) {
        content.state.withLock { for key in keys { $0.objects[key] = bytes } }
    }

    func store(
        prefix: String = "",
        keys: any AccessKeySource = AccessKey(id: "AK", secret: "SK", session: "a-session"),
        owner: String? = nil,
        signature: S3Place.Signature = .v4,
        isNoted: Bool = false,
        later: Int64 = 0
    ) throws -> S3Store {
        let place = try S3Place(
            endpoint: TransferURL("http://\(server.name)"),
            bucket: "bucket",
            owner: owner,
            signature: signature
        )
        return S3Store(
            place,
            prefix: prefix,
            isNoted: isNoted,
            client: client,
            keys: keys,
            now: { Self.now + later }
        )
    }

    // MARK: Answers

    static func error(_ status: Int, _ code: String, _ fields: [(String, String)] = []) -> Answer {
        let text =
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>as it was told</Message></Error>"
        return Answer(status: status, fields: fields, body: Array(text.utf8))
    }

    private static func answer(_ asked: Asked, _ state: inout State) -> Answer? {
        let quirks = state.quirks
        if let answer = quirks.answer { return answer }
        if quirks.slow > 0 {
            state.quirks.slow -= 1
            return error(503, "SlowDown", [("Retry-After", "0")])
        }
        if quirks.ahead != 0,
            asked.fields["x-amz-date"] != "20150830T1336\(quirks.ahead == 3_600 ? "00" : "xx")Z"
        {
            return error(403, "RequestTimeTooSkewed", [("Date", "Sun, 30 Aug 2015 13:36:00 GMT")])
        }
        if quirks.staleKeys.contains(where: { asked.fields["authorization"]?.contains("=\($0)/") == true }) {
            return error(400, "ExpiredToken")
        }
        if quirks.signsOld, !isSignedOld(asked) { return error(403, "SignatureDoesNotMatch") }
        let path = asked.path.dropFirst("/bucket".count)
        if let answer = multipart(asked, decoded(String(path.dropFirst())), &state) { return answer.answer }
        if path.isEmpty, asked.method == "POST" { return delete(asked, &state) }
        guard !path.isEmpty else {
            guard state.late > 0 else { return list(asked, state) }
            state.late -= 1
            var before = state
            before.objects = state.listed
            return list(asked, before)
        }
        if quirks.isReadOnly, !["GET", "HEAD"].contains(asked.method) { return error(403, "AccessDenied") }
        let key = decoded(String(path.dropFirst()))
        switch asked.method {
        case "PUT": return put(asked, key, &state)
        case "DELETE":
            state.objects[key] = nil
            return Answer(status: 204)
        default:
            guard let bytes = state.objects[key] else { return error(404, "NoSuchKey") }
            return object(asked, bytes, state.tags[key], quirks)
        }
    }

    /// CRC-32C, bit by bit (RFC 3720, B.4).
    private static func sum(_ bytes: [UInt8]) -> [UInt8] {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
        }
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ~sum >> UInt32($0)) }
    }

    private static func put(_ asked: Asked, _ key: String, _ state: inout State) -> Answer? {
        let isConditional = asked.fields["if-none-match"] == "*"
        switch state.quirks.condition {
        case .held where isConditional && state.objects[key] != nil: return error(412, "PreconditionFailed")
        case .unknown where isConditional: return error(501, "NotImplemented")
        case .racy where isConditional && state.objects[key] != nil && asked.body == [2]:
            return error(412, "PreconditionFailed")
        default: break
        }
        let digest = Base64.encode(HashFunction.md5.hash(asked.body))
        if let wanted = asked.fields["content-md5"], wanted != digest { return error(400, "BadDigest") }
        let payload = asked.fields["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD"
        if payload != "UNSIGNED-PAYLOAD", !state.quirks.ignoresPayload,
            payload != HashFunction.sha256.hex(asked.body)
        {
            return error(400, "XAmzContentSHA256Mismatch")
        }
        if let sum = asked.fields["x-amz-checksum-crc32c"] {
            switch state.quirks.sum {
            case .compared where sum != Base64.encode(Self.sum(asked.body)): return error(400, "BadDigest")
            case .unknown: return error(501, "NotImplemented")
            default: break
            }
        }
        if state.quirks.errorInside { return error(200, "InternalError") }
        state.objects[key] = asked.body
        state.tags[key] = nil
        if state.quirks.swallowed > 0 {
            state.quirks.swallowed -= 1
            return nil
        }
        return Answer(fields: [("ETag", "\"\(HashFunction.md5.hex(asked.body))\"")])
    }

    private static func object(_ asked: Asked, _ bytes: [UInt8], _ tag: String?, _ quirks: Quirks) -> Answer {
        var fields = [("ETag", "\"\(tag ?? HashFunction.md5.hex(bytes))\"")]
        let numbers = (asked.fields["range"] ?? "").split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count == 2, !quirks.ignoresRanges else {
            return Answer(fields: fields, body: bytes, cut: quirks.cut)
        }
        guard numbers[0] < bytes.count else {
            return Answer(status: 416, fields: [("Content-Range", "bytes */\(bytes.count)")])
        }
        let end = min(numbers[1] + 1, bytes.count)
        fields.append(("Content-Range", "bytes \(numbers[0])-\(end - 1)/\(bytes.count)"))
        return Answer(status: 206, fields: fields, body: Array(bytes[numbers[0]..<end]), cut: quirks.cut)
    }

    private static func list(_ asked: Asked, _ state: State) -> Answer {
        let words = words(asked)
        let isNew = words["list-type"] == "2"
        if isNew, state.quirks.refusesNewLists { return error(501, "NotImplemented") }
        let isOld = !isNew || state.quirks.listsOld
        let fold = { (name: String) -> [UInt8] in
            state.quirks.listsFolders ? Array(name.replacing("/", with: "\0").utf8) : Array(name.utf8)
        }
        let marker = (isOld ? words["marker"] : words["start-after"]) ?? ""
        let limit = words["max-keys"].flatMap { Int($0) } ?? 1_000
        let keys = state.objects.keys.filter { $0.hasPrefix(words["prefix"] ?? "") }
            .map { (name: $0, order: fold($0)) }
            .filter { fold(marker).lexicographicallyPrecedes($0.order) }
            .sorted { $0.order.lexicographicallyPrecedes($1.order) }.map(\.name)
        var shown = Array(keys.prefix(limit))
        if state.quirks.isShuffled { shown.reverse() }
        var text = "<ListBucketResult><IsTruncated>\(keys.count > limit)</IsTruncated>"
        text += isOld ? "<Marker>x</Marker>" : "<KeyCount>\(shown.count)</KeyCount>"
        for key in shown {
            let escaped = key.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            text += "<Contents><Key>\(escaped)</Key><LastModified>2015-08-30T12:36:00.000Z</LastModified>"
            text += "<ETag>&quot;\(HashFunction.md5.hex(state.objects[key] ?? []))&quot;</ETag>"
            text += "<Size>\(state.objects[key]?.count ?? 0)</Size></Contents>"
        }
        return Answer(body: Array((text + "</ListBucketResult>").utf8))
    }

    /// What a query says.
    static func words(_ asked: Asked) -> [String: String] {
        var words: [String: String] = [:]
        for pair in asked.target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            words[String(parts[0])] = decoded(String(parts.last ?? ""))
        }
        return words
    }

    static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.count >= 2 else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
