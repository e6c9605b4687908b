// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Turns batches into blocks in one reused buffer; belongs to one thread.
package final class BlockEncoder {
    /// The longest line; what is longer is cut into lines of this size, see DESIGN.md section 9.
    package static let maximumLine: UInt32 = 1 << 20

    private let buffer: UnsafeMutableRawBufferPointer

    /// An encoder for batches of at most `capacity` bytes.
    package init(capacity: Int) {
        buffer = .allocate(byteCount: BlockHeader.size + 2 * capacity + 16, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// The bytes of the block for a batch, valid until the next call.
    func block(
        of batch: UnsafeRawBufferPointer,
        from stream: LogStream,
        state: StreamState,
        sequence: UInt64,
        time: UInt64,
        ends: Bool,
        salt: UInt32
    ) -> (header: BlockHeader, bytes: UnsafeRawBufferPointer) {
        precondition(
            buffer.count >= BlockHeader.size + 2 * batch.count + 16,
            "batch exceeds the encoder's capacity"
        )
        let records = UnsafeMutableRawBufferPointer(rebasing: buffer[BlockHeader.size...])
        var counts = martlet_log_batch(open: state.open, records: 0, lines: 0, bytes: 0)
        var length = 0
        if let input = batch.baseAddress, !batch.isEmpty, let output = records.baseAddress {
            length = martlet_log_records(
                input.assumingMemoryBound(to: UInt8.self),
                batch.count,
                Self.maximumLine,
                output.assumingMemoryBound(to: UInt8.self),
                &counts
            )
        }
        if ends, counts.open > 0 {
            // End of file completes the line that had no newline.
            counts.lines += 1
            counts.open = 0
        }
        let body = UnsafeRawBufferPointer(rebasing: records[0..<length])
        let header = BlockHeader(
            length: UInt32(length),
            firstSequence: sequence,
            batch: state.batch + 1,
            time: time,
            records: counts.records,
            lines: counts.lines,
            bytes: counts.bytes,
            open: counts.open,
            stream: stream,
            endsStream: ends,
            checksum: Checksum.of(body, salt: salt)
        )
        header.encode(into: buffer, salt: salt)
        return (header, UnsafeRawBufferPointer(rebasing: buffer[0..<(BlockHeader.size + length)]))
    }
}
