// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer

/// An object, or a part of one, on its way from a store behind HTTP: what came must be what was said, and wanted.
struct PartAnswer {
    /// Of the whole object.
    let status: ObjectStatus
    /// Which of its bytes come.
    private let coming: Range<Int64>
    private let transfer: Transfer
    private let call: StoreCall

    /// The value of `Range`: one byte more than the limit, so that too many are seen to be.
    static func field(_ range: Range<Int64>, limit: Int) -> String {
        let start = max(0, range.lowerBound)
        let most = start.addingReportingOverflow(Int64(clamping: limit))
        let end =
            most.overflow || most.partialValue >= range.upperBound - 1
            ? range.upperBound - 1 : most.partialValue
        return "bytes=\(start)-\(end)"
    }

    /// `Content-Range: bytes */SIZE` of an answer that no byte is in the range (RFC 9110, 15.5.17).
    static func size(unsatisfied response: TransferResponse) -> Int64? {
        response["content-range"].flatMap { $0.split(separator: "/").last }.flatMap { Int64($0) }
    }

    /// Reads the head; throws if it does not say what comes.
    init(_ transfer: Transfer, _ call: StoreCall) throws(ObjectError) {
        let response = transfer.response
        let size: Int64?
        var start: Int64 = 0
        if response.status == 206 {
            size = response.range?.size
            start = response.range?.start ?? -1
        } else {
            size = response.length
        }
        guard let status = ObjectStatus(response, size: size), let length = response.length, start >= 0,
            start <= status.size, length <= status.size - start
        else {
            throw call.error(.unavailable("the store does not say which bytes come, or what it calls them"))
        }
        self.status = status
        coming = start..<(start + length)
        self.transfer = transfer
        self.call = call
    }

    /// The bytes that are wanted, all of them.
    func read(_ range: Range<Int64>?, limit: Int) throws(ObjectError) -> StoredObject {
        let wanted = try wanted(range)
        guard wanted.count <= limit else { throw call.error(.tooLarge(limit: limit)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wanted.count)
        try each(of: wanted) { more, _ in bytes += more }
        return StoredObject(status: status, bytes: bytes)
    }

    /// Writes the bytes that are wanted into their places of a file.
    func write(_ range: Range<Int64>, to file: Descriptor) throws(ObjectError) {
        let wanted = try wanted(range)
        guard wanted == coming else {
            return try each(of: wanted) { more, position throws(ObjectError) in
                try file.write(more, at: position, call)
            }
        }
        try call.attempt { () throws(TransferError) in
            try transfer.write(to: file, at: wanted.lowerBound, count: Int64(wanted.count))
        }
    }

    private func wanted(_ range: Range<Int64>?) throws(ObjectError) -> Range<Int64> {
        let all = 0..<status.size
        let wanted = range?.clamped(to: all) ?? all
        guard range == nil || !wanted.isEmpty else { throw call.nothing(of: status.size) }
        return wanted
    }

    /// Takes what is wanted as it comes.
    private func each(
        of wanted: Range<Int64>,
        _ take: (ArraySlice<UInt8>, Int64) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        guard
            wanted.isEmpty
                || (coming.lowerBound <= wanted.lowerBound && coming.upperBound >= wanted.upperBound)
        else {
            throw call.error(.unavailable("the store sends other bytes than were asked for"))
        }
        var position = coming.lowerBound
        var count = 0
        while count < wanted.count,
            let more = try call.attempt({ () throws(TransferError) in try transfer.read() })
        {
            let before = Int(min(Int64(more.count), max(0, wanted.lowerBound - position)))
            let part = more.dropFirst(before).prefix(wanted.count - count)
            if !part.isEmpty { try take(part, position + Int64(before)) }
            count += part.count
            position += Int64(more.count)
        }
        guard count == wanted.count else {
            throw call.error(.unavailable("\(count) of \(wanted.count) bytes came"))
        }
    }
}

extension ObjectStatus {
    /// As the head of an answer has it; nil without size or tag.
    init?(_ response: TransferResponse, size: Int64?) {
        guard let size, size >= 0, let tag = response["etag"] else { return nil }
        self.init(size: size, modified: response.modified ?? 0, tag: EntityTag(unquoted: tag))
    }
}

extension EntityTag {
    /// What the head of an answer calls the object; nil if it does not.
    init?(_ response: TransferResponse) {
        guard let text = response["etag"], !text.isEmpty else { return nil }
        self.init(unquoted: text)
    }

    /// A tag of HTTP without its quotes: lists have it without in some stores.
    init(unquoted text: String) {
        let isQuoted = text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"")
        self.init(isQuoted ? String(text.dropFirst().dropLast()) : text)
    }
}
