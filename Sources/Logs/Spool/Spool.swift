// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// The bounded, checksummed log of one instance: one writer, any number of readers in any process.
///
/// A block that `append` has returned from survives the death of the process. The format is
/// `docs/formats/spool.md`.
public final class Spool: Sendable {
    /// The folder that holds the segments.
    public let path: String
    /// How much it may hold.
    public let limits: SpoolLimits

    private let folder: SpoolFolder
    private let boot: BootIdentity
    private let state: Mutex<State>

    private struct State {
        var segments: [SpoolRecovery.Segment]
        var streams: PerStream<StreamState>
        var nextSequence: UInt64
        var current: (descriptor: Descriptor, salt: UInt32)?
        var watchers: [AsyncStream<Void>.Continuation] = []
        var finished = false
        var fault: (@Sendable (_ block: Int) -> SpoolFault?)?
    }

    /// Opens the spool in a folder, makes the folder (0700) where it is missing, and puts right what a killed
    /// writer left.
    ///
    /// Fails with `EWOULDBLOCK` while another writer has it open.
    public convenience init(_ path: String, limits: SpoolLimits = SpoolLimits()) throws(LogError) {
        try self.init(path, limits: limits, boot: .current)
    }

    init(_ path: String, limits: SpoolLimits, boot: BootIdentity) throws(LogError) {
        let opened = try attempt(.openSpool, path) { () throws(LinuxError) in
            let folder = try SpoolFolder(making: path)
            try folder.lock()
            return (folder, try SpoolRecovery(folder, boot: boot))
        }
        self.path = path
        self.limits = limits
        self.boot = boot
        folder = opened.0
        let found = opened.1
        state = Mutex(
            State(
                segments: found.segments,
                streams: found.streams,
                nextSequence: found.nextSequence,
                current: found.current
            )
        )
    }

    /// What the spool holds and what it had to drop.
    public var status: SpoolStatus {
        state.withLock { state in
            let oldest = state.segments.first?.before ?? PerStream(both: LineCount())
            func each<Value>(_ value: (StreamState) -> Value) -> PerStream<Value> {
                PerStream(stdout: value(state.streams.stdout), stderr: value(state.streams.stderr))
            }
            return SpoolStatus(
                bytes: state.segments.reduce(0) { $0 + $1.size },
                segments: state.segments.count,
                nextSequence: state.nextSequence,
                written: each(\.written),
                dropped: oldest,
                batches: each(\.batch),
                ended: each(\.ended)
            )
        }
    }

    /// Makes everything published so far survive a power loss.
    public func synchronize() throws(LogError) {
        guard let file = state.withLock({ $0.current?.descriptor }) else { return }
        try attempt(.append, path) { () throws(LinuxError) in
            _ = try retrying("fdatasync", path) { fdatasync(file.number) }
        }
    }

    /// Has `watcher` woken now and after each published block, until it terminates.
    ///
    /// Give it `.bufferingNewest(1)`: what counts is that there is something new, not how often.
    public func wake(_ watcher: AsyncStream<Void>.Continuation) {
        state.withLock { $0.watchers.append(watcher) }
        watcher.yield()
    }

    /// Tells those who follow that nothing more will come: the instance is gone.
    public func finish() {
        state.withLock { state in
            state.finished = true
            Self.ring(&state.watchers)
        }
    }

    /// Whether nothing more will come.
    public var isFinished: Bool { state.withLock { $0.finished } }

    deinit { finish() }

    // MARK: Writing, by one thread

    /// Where a stream's writer stands.
    func position(of stream: LogStream) -> StreamState { state.withLock { $0.streams[stream] } }

    /// Appends a batch as the next block of its stream and publishes it.
    ///
    /// On failure nothing is published, and the same batch may be given again.
    package func append(
        _ batch: UnsafeRawBufferPointer,
        from stream: LogStream,
        time: UInt64,
        ends: Bool = false,
        with encoder: BlockEncoder
    ) throws {
        try state.withLock { state in
            try begin(&state, roomFor: batch.count, time: time)
            guard let current = state.current, let last = state.segments.indices.last else {
                throw LogError(.append, path, reason: "no segment")
            }
            let (header, bytes) = encoder.block(
                of: batch,
                from: stream,
                state: state.streams[stream],
                sequence: state.nextSequence,
                time: time,
                ends: ends,
                salt: current.salt
            )
            try write(
                bytes,
                to: current.descriptor,
                at: state.segments[last].size,
                fault: state.fault?(bytes.count)
            )
            state.segments[last].size += bytes.count
            state.streams[stream].pass(header)
            state.nextSequence = header.nextSequence
            if !state.watchers.isEmpty { Self.ring(&state.watchers) }
        }
    }

    /// Makes writes go wrong, for tests.
    package func setFault(_ fault: (@Sendable (_ block: Int) -> SpoolFault?)?) {
        state.withLock { $0.fault = fault }
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer,
        to file: Descriptor,
        at offset: Int,
        fault: SpoolFault?
    ) throws {
        var written = 0
        do {
            var end = bytes.count
            if let fault {
                switch fault {
                case .fails(_, let after), .tears(let after): end = min(after, bytes.count)
                }
            }
            while written < end {
                written += try retrying("pwrite", path) {
                    pwrite(
                        file.number,
                        bytes.baseAddress.map { $0 + written },
                        end - written,
                        off_t(offset + written)
                    )
                }
            }
            switch fault {
            case .none: break
            case .fails(let cause, _): throw LinuxError("pwrite", path, errno: cause)
            case .tears: throw Killed()
            }
        } catch let error as LinuxError {
            // Half a block helps nobody; should this fail too, the next attempt writes over it.
            if written > 0 { ftruncate(file.number, off_t(offset)) }
            throw LogError(.append, path, error)
        }
    }

    /// Begins a new segment where there is none or the current one is full.
    private func begin(_ state: inout State, roomFor bytes: Int, time: UInt64) throws(LogError) {
        if state.current != nil, let last = state.segments.last {
            let isFull = last.size + BlockHeader.size + bytes > limits.segmentBytes
            // A segment is named by its first record, so it must have one before the next can begin.
            if !isFull || state.nextSequence == last.firstSequence { return }
        }
        // A segment without records, left where its header was damaged, keeps its name.
        if state.segments.last?.firstSequence == state.nextSequence { state.nextSequence += 1 }
        let first = state.nextSequence
        let header = SegmentHeader(
            salt: UInt32.random(in: 1...UInt32.max),
            firstSequence: first,
            time: time,
            streams: state.streams,
            boot: boot
        )
        var bytes = [UInt8](repeating: 0, count: SegmentHeader.size)
        bytes.withUnsafeMutableBytes { header.encode(into: $0) }
        try dropOldest(&state)
        let descriptor = try attempt(.append, path) { () throws(LinuxError) in
            let descriptor = try folder.create(first)
            do throws(LinuxError) { try descriptor.write(bytes) } catch {
                try folder.remove(first)
                throw error
            }
            return descriptor
        }
        state.current = (descriptor, header.salt)
        state.segments.append(
            .init(
                firstSequence: first,
                size: bytes.count,
                before: PerStream(stdout: state.streams.stdout.written, stderr: state.streams.stderr.written)
            )
        )
    }

    /// Makes room for one more segment.
    ///
    /// What is dropped stays counted in the headers of those that follow.
    private func dropOldest(_ state: inout State) throws(LogError) {
        var total = state.segments.reduce(0) { $0 + $1.size }
        while let oldest = state.segments.first, total + limits.segmentBytes > limits.totalBytes {
            try attempt(.append, path) { () throws(LinuxError) in try folder.remove(oldest.firstSequence) }
            total -= oldest.size
            state.segments.removeFirst()
        }
    }

    private static func ring(_ watchers: inout [AsyncStream<Void>.Continuation]) {
        watchers.removeAll { watcher in
            if case .terminated = watcher.yield() { return true }
            return false
        }
    }
}
