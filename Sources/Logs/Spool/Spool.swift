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

    let folder: SpoolFolder
    let boot: BootIdentity
    /// What all spools of the node share; nil if it has no bound of its own.
    let pool: SpoolPool?
    let state: Mutex<SpoolState>

    /// Opens the spool in a folder, makes the folder (0700) where it is missing, and puts right what a killed
    /// writer left.
    ///
    /// Fails with `EWOULDBLOCK` while another writer has it open. Where there is no record yet the first one has the
    /// number `first`.
    public convenience init(
        _ path: String,
        limits: SpoolLimits = SpoolLimits(),
        policy: SpoolPolicy = .dropOldest,
        pool: SpoolPool? = nil,
        first: UInt64 = 1
    ) throws(LogError) {
        try self.init(path, limits: limits, policy: policy, pool: pool, first: first, boot: .current)
    }

    init(
        _ path: String,
        limits: SpoolLimits,
        policy: SpoolPolicy = .dropOldest,
        pool: SpoolPool? = nil,
        first: UInt64 = 1,
        boot: BootIdentity
    ) throws(LogError) {
        let opened = try attempt(.openSpool, path) { () throws(LinuxError) in
            let folder = try SpoolFolder(making: path)
            try folder.lock()
            return (folder, try SpoolRecovery(folder, boot: boot))
        }
        self.path = path
        self.boot = boot
        self.pool = pool
        folder = opened.0
        let found = opened.1
        state = Mutex(
            SpoolState(
                limits: limits,
                policy: policy,
                segments: found.segments,
                streams: found.streams,
                nextSequence: found.segments.isEmpty ? max(first, 1) : found.nextSequence,
                current: found.current,
                lastWrite: found.lastWrite
            )
        )
        pool?.enter(self)
    }

    /// How much it may hold.
    public var limits: SpoolLimits { state.withLock { $0.limits } }

    /// What happens when it is full.
    public var policy: SpoolPolicy { state.withLock { $0.policy } }

    /// What the spool holds, and what it had to drop or leave out.
    public var status: SpoolStatus {
        state.withLock { state in
            let oldest = state.segments.first?.before ?? PerStream(both: LineCount())
            func each<Value>(_ value: (StreamState) -> Value) -> PerStream<Value> {
                PerStream(stdout: value(state.streams.stdout), stderr: value(state.streams.stderr))
            }
            return SpoolStatus(
                bytes: state.bytes,
                segments: state.segments.count,
                nextSequence: state.nextSequence,
                written: each(\.written),
                dropped: oldest,
                omitted: each(\.omitted),
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
        watch {
            if case .terminated = watcher.yield() { return false }
            return true
        }
    }

    /// Calls `watcher` now and after each published block, until it answers false.
    ///
    /// It is called by the thread that captures, which it must not hold up.
    public func watch(_ watcher: @escaping @Sendable () -> Bool) {
        state.withLock { if watcher() { $0.watchers.append(watcher) } }
    }

    /// Tells those who follow that nothing more will come: the instance is gone.
    public func finish() {
        state.withLock { state in
            state.finished = true
            state.ring()
        }
    }

    /// Whether nothing more will come.
    public var isFinished: Bool { state.withLock { $0.finished } }

    deinit { finish() }

    /// Where a stream's writer stands.
    func position(of stream: LogStream) -> StreamState { state.withLock { $0.streams[stream] } }

    /// Makes writes go wrong, for tests.
    package func setFault(_ fault: (@Sendable (_ block: Int) -> SpoolFault?)?) {
        state.withLock { $0.fault = fault }
    }
}
