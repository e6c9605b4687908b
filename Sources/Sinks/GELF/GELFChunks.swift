// SPDX-License-Identifier: Apache-2.0

/// A GELF message in datagrams: as it is if it fits in one, in chunks if not.
enum GELFChunks {
    /// Receivers take no more of one message.
    static let maximum = 128
    /// `1e 0f`, eight bytes that the chunks of a message have in common, the chunk's number, and how many there are.
    static let headSize = 12

    /// Gives each datagram of a message to `send`, as long as that takes them; false if it did not, or if the message
    /// is too long.
    static func each(
        of message: UnsafeRawBufferPointer,
        size: Int,
        id: UInt64,
        _ send: (UnsafeRawBufferPointer) throws(SinkError) -> Bool
    ) throws(SinkError) -> Bool {
        guard message.count > size else { return try send(message) }
        let room = size - headSize
        let count = (message.count + room - 1) / room
        guard count <= maximum else { return false }
        for number in 0..<count {
            var chunk: [UInt8] = [0x1E, 0x0F]
            chunk.reserveCapacity(size)
            withUnsafeBytes(of: id) { chunk += $0 }
            chunk += [UInt8(number), UInt8(count)]
            chunk += message[number * room..<min((number + 1) * room, message.count)]
            // Typed throws do not pass through `withUnsafeBytes`.
            let result: Result<Bool, SinkError> = chunk.withUnsafeBytes { bytes in
                Result { () throws(SinkError) in try send(bytes) }
            }
            guard try result.get() else { return false }
        }
        return true
    }
}
