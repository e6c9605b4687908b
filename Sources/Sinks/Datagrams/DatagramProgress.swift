// SPDX-License-Identifier: Apache-2.0

/// How far the messages of a batch are that go out one by one: what was taken is not sent again when the batch is.
struct DatagramProgress {
    /// Messages of the batch that were taken or refused.
    private(set) var done = 0
    /// How many of those were refused.
    private var refused = 0
    /// How many were refused of each batch that was sent and is not confirmed.
    private var batches: [Int] = []

    /// Sends what is left of a batch, one after the other; `send` tells whether a message was taken.
    mutating func send(
        _ messages: borrowing Messages,
        _ send: (UnsafeRawBufferPointer) throws(SinkError) -> Bool
    ) throws(SinkError) {
        while done < messages.count {
            let range = messages[done]
            // Typed throws do not pass through `withUnsafeBytes`.
            let isTaken: Result<Bool, SinkError> = messages.bytes.withUnsafeBytes { bytes in
                Result { () throws(SinkError) in try send(UnsafeRawBufferPointer(rebasing: bytes[range])) }
            }
            if try !isTaken.get() { refused += 1 }
            done += 1
        }
        batches.append(refused)
        (done, refused) = (0, 0)
    }

    /// How many messages of the oldest batch were refused.
    mutating func confirm() -> Int { batches.isEmpty ? 0 : batches.removeFirst() }

    /// The connection is gone: the batch on its way is sent on from where it was.
    mutating func disconnect() { batches = [] }
}
