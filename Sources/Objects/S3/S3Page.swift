// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A page of a list as a store sends it, of either version.
struct S3Page {
    let objects: [(name: String, status: ObjectStatus)]
    let isTruncated: Bool

    /// Reads a `ListBucketResult`; nil if something is missing.
    init?(_ root: XMLElement) {
        var objects: [(name: String, status: ObjectStatus)] = []
        for entry in root.all("Contents") {
            guard let name = entry["Key"], let size = entry["Size"].flatMap({ Int64($0) }), size >= 0,
                let tag = entry["ETag"]
            else { return nil }
            let modified = entry["LastModified"].flatMap(Self.seconds) ?? 0
            objects.append(
                (name, ObjectStatus(size: size, modified: modified, tag: EntityTag(unquoted: tag)))
            )
        }
        self.objects = objects
        isTruncated = root["IsTruncated"] == "true"
    }

    /// Seconds since 1970 of `2009-10-12T17:50:30.000Z`; nil for what is no such time.
    static func seconds(_ text: String) -> Int64? {
        let numbers = text.split { !$0.isASCII || !$0.isNumber }.compactMap { Int32($0) }
        guard numbers.count >= 6, (1...9999).contains(numbers[0]) else { return nil }
        var parts = tm()
        parts.tm_year = numbers[0] - 1900
        parts.tm_mon = numbers[1] - 1
        parts.tm_mday = numbers[2]
        parts.tm_hour = numbers[3]
        parts.tm_min = numbers[4]
        parts.tm_sec = numbers[5]
        guard (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24, numbers[4] < 60,
            numbers[5] <= 60
        else { return nil }
        return Int64(timegm(&parts))
    }
}
