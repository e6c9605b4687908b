// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Synchronization

// What makes room: sinks that have taken lines, bounds of size and age, and other spools of the node.

extension Spool {
    /// Sinks have everything up to and with this sequence number: none of it is kept for them.
    ///
    /// What waits for room is woken at once. Tell it before the first capture, so that nothing is dropped that a
    /// sink needs; and once again when a sink comes that has less. May be called from any thread.
    ///
    /// - Parameters:
    ///   - sequence: The last sequence number that all sinks have.
    ///   - ceiling: So many bytes of lines may have been written in all before `dropNew` and `block` do as if the spool
    ///     were full, as a sink would be too far behind; nil is any number.
    public func release(upTo sequence: UInt64, ceiling: UInt64? = nil) { setReleased(sequence, ceiling) }

    /// No sink needs anything: `dropNew` and `block` then do as `dropOldest` does.
    public func releaseAll() { setReleased(nil, nil) }

    /// Changes bounds and policy while it is written; what is too much now goes with the next segment.
    public func configure(limits: SpoolLimits, policy: SpoolPolicy) {
        wakeAfter { state in
            state.limits = limits
            state.policy = policy
        }
    }

    private func setReleased(_ sequence: UInt64?, _ ceiling: UInt64?) {
        wakeAfter { state in
            state.released = sequence
            state.ceiling = ceiling
        }
        pool?.makeRoom()
    }

    private func wakeAfter(_ change: (inout SpoolState) -> Void) {
        let waker = state.withLock { state -> (@Sendable () -> Void)? in
            change(&state)
            guard state.isFull, !state.isFull(pool) else { return nil }
            state.isFull = false
            return state.roomWaker
        }
        waker?()
    }

    /// Has `waker` called, from any thread, when there is room again after `append` threw `SpoolFull`.
    func setRoomWaker(_ waker: (@Sendable () -> Void)?) { state.withLock { $0.roomWaker = waker } }

    /// Drops what is older than a time, nanoseconds since 1970, but for what a policy keeps for sinks; returns the
    /// bytes that are free.
    @discardableResult
    public func expire(before time: UInt64, now: UInt64) throws(LogError) -> Int {
        try state.withLock { state throws(LogError) in
            var freed = 0
            // A segment is as old as its last line, which is older than the next segment.
            while state.segments.count > 1, state.segments[1].time < time, state.canDropOldest {
                freed += state.segments[0].size
                try dropOldest(&state)
            }
            guard state.segments.count == 1, let only = state.segments.first, state.lastWrite < time,
                state.nextSequence > only.firstSequence, state.canDropOldest
            else { return freed }
            // The counts live in the header of the newest segment, so there is always one.
            try makeSegment(&state, time: now)
            try dropOldest(&state)
            return freed + only.size
        }
    }

    /// Drops old segments until one more fits; false if it does not and none may go.
    func makeRoom(in state: inout SpoolState) throws(LogError) -> Bool {
        if state.isFull(pool) { return false }
        try trim(&state, reserving: state.limits.segmentBytes)
        return !state.isFull(pool)
    }

    /// Drops old segments that may go until there is so much room.
    ///
    /// The newest stays: the counts live in its header.
    func trim(_ state: inout SpoolState, reserving bytes: Int) throws(LogError) {
        while state.segments.count > 1, state.bytes + bytes > state.limits.totalBytes, state.canDropOldest {
            try dropOldest(&state)
        }
    }

    /// Drops the oldest segment; what it held stays counted in the headers of those that follow.
    func dropOldest(_ state: inout SpoolState) throws(LogError) {
        guard let oldest = state.segments.first else { return }
        try attempt(.append, path) { () throws(LinuxError) in try folder.remove(oldest.firstSequence) }
        state.segments.removeFirst()
    }

    // MARK: Among others

    /// The bytes on disk.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Gives up the oldest of several segments for the sake of another spool; the bytes, or nil if none may go.
    func giveOldest() -> Int? {
        state.withLock { state in
            guard state.segments.count > 1, state.canDropOldest else { return nil }
            let size = state.segments[0].size
            // One that cannot be removed gives nothing: its own writer meets the error and tells it.
            do throws(LogError) { try dropOldest(&state) } catch { return nil }
            return size
        }
    }
}
