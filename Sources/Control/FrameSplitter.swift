// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into the frames of an exec, however it arrives.
struct FrameSplitter {
    private var bytes: [UInt8] = []
    /// Where the next frame begins.
    private var start = 0

    /// Nothing is left over.
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: [UInt8]) {
        if isEmpty {
            bytes = more
        } else {
            bytes.removeSubrange(..<start)
            bytes += more
        }
        start = 0
    }

    /// The next whole frame; nil if it is not there yet.
    mutating func next() throws(ControlError) -> ExecFrame? {
        let rest = bytes[start...]
        guard let number = rest.first, rest.count >= ExecFrame.headerSize else { return nil }
        let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard let kind = ExecFrame.Kind(rawValue: number), length <= ExecFrame.maximumPayload else {
            let what = "a frame of kind \(number) and \(length) bytes is not understood"
            throw ControlError(.failed, "agent", what, "is it another version? see `martlet version`")
        }
        let payload = rest.dropFirst(ExecFrame.headerSize).prefix(length)
        guard payload.count == length else { return nil }
        start = payload.endIndex
        return ExecFrame(kind, Array(payload))
    }
}
