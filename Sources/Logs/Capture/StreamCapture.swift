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
        /// A batch of so many bytes was published; what it cost is as much as so many bytes without rules.
        case published(Int, cost: Int)
        /// Nothing waits.
        case idle
        /// The stream came to its end, which is published.
        case ended
    }

    let stream: LogStream
    let descriptors: StreamDescriptors
    private let spool: Spool
    private let rules: InstanceRules
    private let scratch: Scratch
    private let pass: (CaptureStep) throws -> Void
    private let damaged: (Int) -> Void
    private let reclaimed: (Int) -> Void
    /// The bound of the spool does not hold: the container has ended.
    var mustPublish = false
    /// The batch that waits was refused, for the spool is full.
    private(set) var isBlocked = false

    /// The last published batch.
    private var batch: UInt64
    /// Bytes of batch + 1 that already are in its staging pipe.
    private var staged = 0
    private var ended: Bool
    /// Nil where there are no rules: then nothing is spent on lines.
    private var processor: LineProcessor?
    private var held = HoldMemory.Held()
    private var pace = BatchPace()

    init(
        _ stream: LogStream,
        _ descriptors: StreamDescriptors,
        spool: Spool,
        rules: InstanceRules,
        scratch: Scratch,
        pass: @escaping (CaptureStep) throws -> Void,
        damaged: @escaping (Int) -> Void,
        reclaimed: @escaping (Int) -> Void
    ) throws {
        self.stream = stream
        self.descriptors = descriptors
        self.spool = spool
        self.rules = rules
        self.scratch = scratch
        self.pass = pass
        self.damaged = damaged
        self.reclaimed = reclaimed
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
        held = rules.hold?.held(after: batch, of: stream) ?? HoldMemory.Held(goesOn: position.open > 0)
        renewRules()
    }

    /// Takes the instance's rules as they are now.
    func renewRules() {
        let wanted = rules.rules.flatMap { $0.isEmpty && held.bytes.isEmpty ? nil : $0 }
        if processor == nil, wanted != nil {
            held.goesOn = held.goesOn || spool.position(of: stream).open > 0
        }
        processor = wanted.map { LineProcessor($0, into: scratch.lines) }
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
                        processor == nil ? scratch.buffer.count : pace.bytes(of: scratch.buffer.count),
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
        let cost = try append(got, ends: false)
        ended = false
        try pass(.published)
        if got < bytes { damaged(bytes - got) }
        scratch.drain(stage, bytes: bytes / 2)
        try pass(.halfDrained)
        scratch.drain(stage)
        staged = 0
        try pass(.drained)
        return .published(bytes, cost: max(bytes, cost))
    }

    /// The end is a block of its own, without a staged batch.
    private func end() throws -> Turn {
        if !ended {
            try pass(.ending)
            _ = try append(0, ends: true)
            try pass(.ended)
            ended = true
        }
        return .ended
    }

    /// Publishes the beginning of a line that waits for an end that will not be captured.
    func flush() throws {
        guard staged == 0, !held.bytes.isEmpty else { return }
        _ = try append(0, ends: false, isLast: true)
    }

    /// Publishes what was read into the buffer as the next batch; what it cost.
    private func append(_ count: Int, ends: Bool, isLast: Bool = false) throws -> Int {
        guard let processor else {
            try pass(.held)
            try append(UnsafeRawBufferPointer(rebasing: scratch.buffer[..<count]), ends: ends)
            return count
        }
        let start = Self.now(CLOCK_MONOTONIC)
        let result = processor.process(
            scratch.joined(held.bytes, with: count),
            held: held,
            bucket: rules.bucket,
            now: start,
            isLast: ends || isLast
        )
        // Before the block: a death after it finds the state that belongs to the block.
        rules.hold?.store(result.held, after: batch + 1, of: stream)
        try pass(.held)
        try append(result.bytes, ends: ends, omitting: result.omitted)
        held = result.held
        rules.bucket = result.bucket
        if processor.isIdle { self.processor = nil }
        let took = Self.now(CLOCK_MONOTONIC) - start
        pace.note(took)
        return BatchPace.cost(of: took)
    }

    private func append(_ bytes: UnsafeRawBufferPointer, ends: Bool, omitting: Omissions = Omissions()) throws
    {
        do {
            try spool.append(
                bytes,
                from: stream,
                time: Self.now(CLOCK_REALTIME),
                ends: ends,
                omitting: omitting,
                mustTake: mustPublish,
                with: scratch.encoder,
                reclaimed: reclaimed
            )
            isBlocked = false
        } catch let error as SpoolFull {
            isBlocked = true
            throw error
        }
        batch += 1
    }

    private static func now(_ clock: clockid_t) -> UInt64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return UInt64(max(0, now.tv_sec)) * 1_000_000_000 + UInt64(max(0, now.tv_nsec))
    }
}
