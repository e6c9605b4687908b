// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The capture protocol of one stream, batch by batch (DESIGN.md section 9).
///
/// Batch k rests in `stage[k mod 2]` from before it is read until after its block is published, and the other
/// staging pipe is empty meanwhile. So whoever comes after a death knows from the last published number alone which
/// stage repeats the spool and which one holds what the spool lacks.
final class StreamCapture {
    enum Turn {
        /// A batch of so many bytes was published.
        case published(Int)
        /// Nothing waits.
        case idle
        /// The stream came to its end, which is published.
        case ended
    }

    let stream: LogStream
    let descriptors: StreamDescriptors
    private let spool: Spool
    private let scratch: Scratch
    private let pass: (CaptureStep) throws -> Void
    private let damaged: (Int) -> Void

    /// The last published batch.
    private var batch: UInt64
    /// Bytes of batch + 1 that already are in its staging pipe.
    private var staged = 0
    private var ended: Bool

    init(
        _ stream: LogStream,
        _ descriptors: StreamDescriptors,
        spool: Spool,
        scratch: Scratch,
        pass: @escaping (CaptureStep) throws -> Void,
        damaged: @escaping (Int) -> Void
    ) throws {
        self.stream = stream
        self.descriptors = descriptors
        self.spool = spool
        self.scratch = scratch
        self.pass = pass
        self.damaged = damaged
        let position = spool.position(of: stream)
        batch = position.batch
        ended = false
        try pass(.adopted)
        for stage in [descriptors.stage0, descriptors.stage1] {
            try scratch.reserve(Int(try check("fcntl", "F_GETPIPE_SZ", martlet_pipe_size(stage.number))))
        }
        scratch.drain(descriptors.stage(of: batch))
        try pass(.discarded)
        staged = Int(
            try check("ioctl", "FIONREAD", martlet_pipe_bytes(descriptors.stage(of: batch + 1).number))
        )
        // The end may have been published before; it is not published twice.
        ended = position.ended && staged == 0
    }

    /// Moves at most one batch into the spool.
    ///
    /// After an error the batch waits in its stage for the next turn.
    func turn() throws -> Turn {
        if staged == 0 {
            do throws(LinuxError) {
                staged = try retrying("splice", stream.description) {
                    martlet_splice(
                        descriptors.source.number,
                        descriptors.stage(of: batch + 1).number,
                        scratch.buffer.count,
                        MARTLET_SPLICE_F_NONBLOCK | MARTLET_SPLICE_F_MOVE
                    )
                }
            } catch {
                if error.errno == EAGAIN { return .idle }
                // A terminal whose other side is closed says EIO.
                guard error.errno == EIO else { throw error }
            }
            if staged == 0 { return try end() }
            try pass(.spliced)
        }
        return try publish()
    }

    private func publish() throws -> Turn {
        let bytes = staged
        let stage = descriptors.stage(of: batch + 1)
        try scratch.tee(stage, bytes: bytes)
        try pass(.teed)
        let got = try scratch.read(bytes)
        try pass(.read)
        try append(UnsafeRawBufferPointer(rebasing: scratch.buffer[0..<got]), ends: false)
        ended = false
        try pass(.published)
        if got < bytes { damaged(bytes - got) }
        scratch.drain(stage, bytes: bytes / 2)
        try pass(.halfDrained)
        scratch.drain(stage)
        staged = 0
        try pass(.drained)
        return .published(bytes)
    }

    /// The end is a block of its own, without a staged batch.
    private func end() throws -> Turn {
        if !ended {
            try pass(.ending)
            try append(UnsafeRawBufferPointer(start: nil, count: 0), ends: true)
            try pass(.ended)
            ended = true
        }
        return .ended
    }

    private func append(_ bytes: UnsafeRawBufferPointer, ends: Bool) throws {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let time = UInt64(max(0, now.tv_sec)) * 1_000_000_000 + UInt64(max(0, now.tv_nsec))
        try spool.append(bytes, from: stream, time: time, ends: ends, with: scratch.encoder)
        batch += 1
    }
}
