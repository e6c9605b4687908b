// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Transfer

// What uploads of this key the store has that nobody ended.
extension S3Multipart {
    /// An upload is given up after so many seconds.
    private static let abandoned: Int64 = 24 * 3_600

    /// An upload of the same bytes that was cut, with the parts that it has; nil if there is none.
    ///
    /// One with a part of other bytes is another writer's, and left to them for a day.
    func takeOver() throws(ObjectError) -> String? {
        for (id, started) in try uploads() {
            if let tags = try parts(of: id), try areOurs(tags) {
                for (number, tag) in tags { upload.add(number, tag, parts.range(number).count) }
                return id
            }
            if started > 0, client.time - started > Self.abandoned { try abort(id) }
        }
        return nil
    }

    /// Uploads of this key and when they began, the last one first.
    private func uploads() throws(ObjectError) -> [(id: String, started: Int64)] {
        var request = S3Request(method: "GET")
        request.query = [("uploads", ""), ("prefix", key)]
        let body: [UInt8]
        do throws(ObjectError) {
            body = try client.read(request, for: [200], limit: XMLElement.maximumBytes, call).body
        } catch {
            // Some stores have no such list, and some access keys may not see it.
            guard case .refused = error.cause else { throw error }
            return []
        }
        guard let root = XMLElement.parse(body) else {
            throw call.error(.unavailable("the list of uploads is no XML"))
        }
        return root.all("Upload").filter { $0["Key"] == key }
            .compactMap { entry in
                entry["UploadId"].map { ($0, entry["Initiated"].flatMap(S3Page.seconds) ?? 0) }
            }
            .sorted { $0.started > $1.started }
    }

    /// The parts of an upload by their numbers; nil if there are none, or others than this file would have.
    private func parts(of id: String) throws(ObjectError) -> [Int: EntityTag]? {
        var found: [Int: EntityTag] = [:]
        var marker = 0
        while true {
            let before = marker
            var request = S3Request(method: "GET", key: key)
            request.query = [("uploadId", id), ("part-number-marker", String(marker))]
            let body: [UInt8]
            do throws(ObjectError) {
                body = try client.read(request, for: [200], limit: XMLElement.maximumBytes, call).body
            } catch {
                guard error.cause == .absent else { throw error }
                return nil  // it was ended meanwhile
            }
            guard let root = XMLElement.parse(body) else {
                throw call.error(.unavailable("the list of parts is no XML"))
            }
            for part in root.all("Part") {
                guard let number = part["PartNumber"].flatMap({ Int($0) }),
                    (1...parts.count).contains(number),
                    let size = part["Size"].flatMap({ Int64($0) }), size == parts.range(number).count,
                    let tag = part["ETag"]
                else { return nil }
                found[number] = EntityTag(unquoted: tag)
                marker = max(marker, number)
            }
            guard root["IsTruncated"] == "true", marker > before else { break }
        }
        return found.isEmpty ? nil : found
    }

    /// Whether parts have the bytes that this file has there.
    private func areOurs(_ tags: [Int: EntityTag]) throws(ObjectError) -> Bool {
        for (number, tag) in tags {
            let md5 = try upload.file.hash(.md5, parts.range(number), call)
            guard tag.text == HashFunction.hex(of: md5) else { return false }
        }
        return true
    }
}
