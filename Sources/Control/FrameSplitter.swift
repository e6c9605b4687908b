// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Cuts a stream of bytes into the frames of an exec, however it arrives.
struct FrameSplitter {
    private var bytes = ByteBuffer()

    /// Nothing is left over.
    var isEmpty: Bool { bytes.readableBytes == 0 }

    mutating func append(_ more: ByteBuffer) {
        var more = more
        bytes.discardReadBytes()
        bytes.writeBuffer(&more)
    }

    /// The next whole frame; nil if it is not there yet.
    mutating func next() throws(ControlError) -> ExecFrame? {
        var ahead = bytes
        guard let number = ahead.readInteger(as: UInt8.self), let length = ahead.readInteger(as: UInt32.self)
        else { return nil }
        guard let kind = ExecFrame.Kind(rawValue: number), length <= ExecFrame.maximumPayload else {
            let what = "a frame of kind \(number) and \(length) bytes is not understood"
            throw ControlError(.failed, "agent", what, "is it another version? see `martlet version`")
        }
        guard let payload = ahead.readBytes(length: Int(length)) else { return nil }
        bytes = ahead
        return ExecFrame(kind, payload)
    }
}
