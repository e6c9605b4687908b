// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Objects
internal import TestKit

extension FakeS3 {
    /// An object that comes in parts.
    struct Upload {
        let key: String
        var parts: [Int: [UInt8]] = [:]
    }

    /// What it answers to a request about uploads; the answer may be none.
    static func multipart(_ asked: Asked, _ key: String, _ state: inout State) -> (answer: Answer?, Void)? {
        let words = words(asked), id = words["uploadId"] ?? ""
        switch (asked.method, words["uploads"] != nil, words["uploadId"] != nil) {
        case ("POST", true, _):
            let id = "upload & \(state.uploads.count + 1)"
            state.uploads[id] = Upload(key: key)
            return (xml("<R><UploadId>\(id.replacing("&", with: "&amp;"))</UploadId></R>"), ())
        case ("GET", true, _):
            let all = state.uploads.filter { $0.value.key.hasPrefix(words["prefix"] ?? "") }
            let text = all.map {
                "<Upload><Key>\($1.key)</Key><UploadId>\($0.replacing("&", with: "&amp;"))</UploadId>"
                    + "<Initiated>\(state.quirks.started)</Initiated></Upload>"
            }
            return (xml("<R>\(text.joined())</R>"), ())
        case (_, _, false): return nil
        case (let method, _, _):
            guard let upload = state.uploads[id], upload.key == key else {
                return (error(404, "NoSuchUpload"), ())
            }
            return (answer(method, asked, words, id, upload, &state), ())
        }
    }

    private static func answer(
        _ method: String,
        _ asked: Asked,
        _ words: [String: String],
        _ id: String,
        _ upload: Upload,
        _ state: inout State
    ) -> Answer? {
        switch method {
        case "PUT":
            let number = words["partNumber"].flatMap { Int($0) } ?? 0
            guard number <= state.quirks.lastPart else { return error(503, "SlowDown") }
            let digest = Base64.encode(HashFunction.md5.hash(asked.body))
            if let wanted = asked.fields["content-md5"], wanted != digest { return error(400, "BadDigest") }
            state.uploads[id]?.parts[number] = asked.body
            return Answer(fields: [("ETag", "\"\(HashFunction.md5.hex(asked.body))\"")])
        case "GET":
            let marker = words["part-number-marker"].flatMap { Int($0) } ?? 0
            let rest = upload.parts.filter { $0.key > marker }.sorted { $0.key < $1.key }
            let text = rest.prefix(1).map { number, bytes in
                "<Part><PartNumber>\(number)</PartNumber><ETag>&quot;\(HashFunction.md5.hex(bytes))&quot;</ETag>"
                    + "<Size>\(bytes.count)</Size></Part>"
            }
            return xml("<R>\(text.joined())<IsTruncated>\(rest.count > 1)</IsTruncated></R>")
        case "POST":
            if state.quirks.errorsAtEnd > 0 {
                state.quirks.errorsAtEnd -= 1
                return error(200, "InternalError")
            }
            let parts = upload.parts.sorted { $0.key < $1.key }.map(\.value)
            let tags = parts.map { "<ETag>\"\(HashFunction.md5.hex($0))\"</ETag>" }
            let sent = String(decoding: asked.body, as: UTF8.self)
            let named = sent.split(separator: "<PartNumber>").dropFirst().compactMap {
                Int($0.prefix { $0.isNumber })
            }
            guard named == upload.parts.keys.sorted(), tags.allSatisfy({ sent.contains($0) }) else {
                return error(400, "InvalidPart")
            }
            state.objects[upload.key] = parts.flatMap { $0 }
            state.tags[upload.key] =
                HashFunction.md5.hex(parts.flatMap { HashFunction.md5.hash($0) })
                + "-\(parts.count)"
            state.uploads[id] = nil
            if state.quirks.swallowedEnds > 0 {
                state.quirks.swallowedEnds -= 1
                return nil
            }
            return xml("<CompleteMultipartUploadResult/>")
        default:
            state.uploads[id] = nil
            return Answer(status: 204)
        }
    }

    /// Takes many objects away.
    static func delete(_ asked: Asked, _ state: inout State) -> Answer {
        guard !state.quirks.deletesOne else { return error(501, "NotImplemented") }
        let digest = Base64.encode(HashFunction.md5.hash(asked.body))
        guard asked.fields["content-md5"] == digest else { return error(400, "InvalidRequest") }
        var text = "<DeleteResult>"
        for part in String(decoding: asked.body, as: UTF8.self).split(separator: "<Key>").dropFirst() {
            let key = String(part.prefix { $0 != "<" }).replacing("&amp;", with: "&")
            if key == state.quirks.kept {
                text += "<Error><Key>\(key)</Key><Code>AccessDenied</Code><Message>kept</Message></Error>"
            } else {
                state.objects[key] = nil
            }
        }
        return xml(text + "<Error><Key>x</Key><Code>NoSuchKey</Code></Error></DeleteResult>")
    }

    private static func xml(_ text: String) -> Answer {
        Answer(body: Array("\n\n<?xml version=\"1.0\"?>\(text)".utf8))
    }
}
