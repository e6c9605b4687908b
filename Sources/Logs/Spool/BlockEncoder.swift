// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Turns batches into blocks in one reused buffer; belongs to one thread.
package final class BlockEncoder {
    /// The longest line; what is longer is cut into lines of this size, see DESIGN.md section 9.
    package static let maximumLine: UInt32 = 1 << 20

    private let buffer: UnsafeMutableRawBufferPointer

    /// An encoder for batches of at most `capacity` bytes.
    package init(capacity: Int) {
        buffer = .allocate(byteCount: Self.room(for: capacity), alignment: 64)
    }

    private static func room(for bytes: Int) -> Int { BlockHeader.size + Omissions.size + 2 * bytes + 16 }

    deinit { buffer.deallocate() }

    /// The bytes of the block for a batch, valid until the next call.
    ///
    /// With `omitted` they begin with what was left out so far.
    func block(
        of batch: UnsafeRawBufferPointer,
        from stream: LogStream,
        state: StreamState,
        sequence: UInt64,
        time: UInt64,
        ends: Bool,
        omitted: Omissions? = nil,
        salt: UInt32
    ) -> (header: BlockHeader, bytes: UnsafeRawBufferPointer) {
        precondition(buffer.count >= Self.room(for: batch.count), "batch exceeds the encoder's capacity")
        let table = omitted == nil ? 0 : Omissions.size
        omitted?.encode(into: UnsafeMutableRawBufferPointer(rebasing: buffer[BlockHeader.size...]))
        let records = UnsafeMutableRawBufferPointer(rebasing: buffer[(BlockHeader.size + table)...])
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
        length += table
        let body = UnsafeRawBufferPointer(rebasing: buffer[BlockHeader.size..<(BlockHeader.size + length)])
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
            hasTable: omitted != nil,
            checksum: Checksum.of(body, salt: salt)
        )
        header.encode(into: buffer, salt: salt)
        return (header, UnsafeRawBufferPointer(rebasing: buffer[0..<(BlockHeader.size + length)]))
    }

    /// A block without records: where a stream stands, and what of it was left out so far.
    static func notice(
        _ state: StreamState,
        from stream: LogStream,
        sequence: UInt64,
        time: UInt64,
        cutsLine: Bool = false,
        salt: UInt32
    ) -> (header: BlockHeader, bytes: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: BlockHeader.size + Omissions.size)
        let header = bytes.withUnsafeMutableBytes { bytes in
            let body = UnsafeMutableRawBufferPointer(rebasing: bytes[BlockHeader.size...])
            state.omitted.encode(into: body)
            let header = BlockHeader(
                length: UInt32(Omissions.size),
                firstSequence: sequence,
                batch: state.batch,
                time: time,
                records: 0,
                lines: cutsLine ? 1 : 0,
                bytes: 0,
                open: state.open,
                stream: stream,
                endsStream: state.ended,
                hasTable: true,
                cuts: cutsLine,
                skips: state.skips,
                checksum: Checksum.of(UnsafeRawBufferPointer(body), salt: salt)
            )
            header.encode(into: bytes, salt: salt)
            return header
        }
        return (header, bytes)
    }
}
