// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// A file cut into parts that are objects of their own, beside the container: a static large object of Swift.
///
/// Their place is named after all their bytes. So an upload that was broken off is gone on with by whoever has the
/// same file, and no other touches what a reader is about to read.
struct SwiftSegments {
    struct Segment: Equatable {
        /// Its name in the container of segments.
        let name: String
        let offset: Int64
        let count: Int
        /// Its MD5 in hexadecimal digits.
        let hash: String
    }

    let all: [Segment]

    /// Reads a file, and hashes it.
    ///
    /// - Parameters:
    ///   - upload: What is cut.
    ///   - length: How long a part is.
    ///   - name: The name of the object.
    ///   - call: For errors, and the scope.
    /// - Throws: If the file cannot be read, or nothing can be hashed.
    init(of upload: FileUpload, length: Int64, for name: String, _ call: StoreCall) throws(ObjectError) {
        var parts: [(range: Range<Int64>, hash: String)] = []
        while let start = parts.isEmpty ? 0 : parts.last?.range.upperBound, start < upload.size {
            let range = start..<min(start + length, upload.size)
            let hash = HashFunction.hex(of: try upload.file.hash(.md5, range, call))
            guard !hash.isEmpty else {
                throw call.error(
                    .refused("this system allows no MD5, which large objects of Swift are made with")
                )
            }
            parts.append((range, hash))
        }
        let id = HashFunction.md5.hex(Array(parts.map(\.hash).joined().utf8))
        all = parts.enumerated().map { index, part in
            let number = String(index)
            let digits = String(repeating: "0", count: 8 - number.count) + number
            return Segment(
                name: "\(name)/\(id)/\(digits)",
                offset: part.range.lowerBound,
                count: part.range.count,
                hash: part.hash
            )
        }
    }

    /// The folder of all of them.
    var folder: String { all.first.map { String($0.name.dropLast(8)) } ?? "" }
}
