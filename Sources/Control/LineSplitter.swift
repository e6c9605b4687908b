// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Cuts a stream of bytes into lines, however it arrives; empty lines are passed over.
struct LineSplitter {
    private let limit: Int
    private var bytes = ByteBuffer()
    /// How many of the bytes hold no newline.
    private var searched = 0

    /// A line longer than `limit` is refused.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: ByteBuffer) {
        var more = more
        if bytes.readableBytes == 0 { bytes = more } else { bytes.writeBuffer(&more) }
    }

    /// The next whole line without its end; nil if it is not there yet.
    mutating func next() throws(ControlError) -> ByteBuffer? {
        while let end = bytes.readableBytesView.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
            let length = end - bytes.readerIndex
            guard length <= limit else { throw tooLong }
            searched = 0
            let line = bytes.readSlice(length: length)
            bytes.moveReaderIndex(forwardBy: 1)
            if let line, line.readableBytes > 0 { return line }
        }
        searched = bytes.readableBytes
        guard searched <= limit else { throw tooLong }
        bytes.discardReadBytes()
        return nil
    }

    /// What follows the last newline, once the stream has ended.
    mutating func rest() throws(ControlError) -> ByteBuffer? {
        searched = 0
        return bytes.readableBytes == 0 ? nil : bytes.readSlice(length: bytes.readableBytes)
    }

    private var tooLong: ControlError {
        ControlError(.failed, "agent", "a line of its answer is longer than \(limit) bytes")
    }
}
