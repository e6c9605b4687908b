// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

// Writing, by one thread.

extension Spool {
    /// Appends a batch as the next block of its stream and publishes it.
    ///
    /// On failure nothing is published, and the same batch may be given again. `omitting` is what of it was left out
    /// before, and is counted with it. With `mustTake` the bound does not hold: what a container leaves at its end is
    /// taken. `reclaimed` is told the bytes of old segments that were given up because the disk is full.
    /// - Throws: `SpoolFull` if there is no room and the policy is to wait for it.
    package func append(
        _ batch: UnsafeRawBufferPointer,
        from stream: LogStream,
        time: UInt64,
        ends: Bool = false,
        omitting: Omissions = Omissions(),
        mustTake: Bool = false,
        with encoder: BlockEncoder,
        reclaimed: (Int) -> Void = { _ in }
    ) throws {
        var began = false
        defer { if began { pool?.makeRoom() } }
        var given = 0
        defer { if given > 0 { reclaimed(given) } }
        try state.withLock { state in
            while true {
                do {
                    let segments = state.segments.count
                    try add(batch, stream, time, ends, omitting, mustTake, encoder, to: &state)
                    began = state.segments.count != segments
                    state.isFull = false
                    state.lastWrite = time
                    if !state.watchers.isEmpty { state.ring() }
                    return
                } catch let error as LogError {
                    // What is old goes before what is new waits.
                    guard [ENOSPC, EDQUOT].contains(error.cause?.errno ?? 0), state.segments.count > 1,
                        state.canDropOldest
                    else { throw error }
                    given += state.segments[0].size
                    try dropOldest(&state)
                }
            }
        }
    }

    private func add(
        _ batch: UnsafeRawBufferPointer,
        _ stream: LogStream,
        _ time: UInt64,
        _ ends: Bool,
        _ omitting: Omissions,
        _ mustTake: Bool,
        _ encoder: BlockEncoder,
        to state: inout SpoolState
    ) throws {
        var batch = batch, omitting = omitting
        var skips = state.streams[stream].skips
        if skips {
            let newline = batch.firstIndex(of: UInt8(ascii: "\n"))
            omitting.full.bytes += UInt64(newline ?? batch.count)
            batch = UnsafeRawBufferPointer(rebasing: batch[(newline.map { $0 + 1 } ?? batch.count)...])
            skips = newline == nil && !ends
            if skips { return try leaveOut(batch, stream, time, omitting, in: &state) }
        }
        guard try begin(&state, roomFor: batch.count, time: time, mustTake: mustTake || ends) else {
            if state.policy == .block {
                state.isFull = true
                throw SpoolFull()
            }
            return try leaveOut(batch, stream, time, omitting, in: &state)
        }
        guard let current = state.current, let last = state.segments.indices.last else {
            throw LogError(.append, path, reason: "no segment")
        }
        var next = state.streams[stream]
        next.omitted = next.omitted + omitting
        // Who read an earlier table may have missed those that took its place.
        let isNews = omitting != Omissions() || !state.notices[stream].offsets.isEmpty
        let (header, bytes) = encoder.block(
            of: batch,
            from: stream,
            state: next,
            sequence: state.nextSequence,
            time: time,
            ends: ends,
            omitted: isNews ? next.omitted : nil,
            salt: current.salt
        )
        try write(
            bytes,
            to: current.descriptor,
            at: state.segments[last].size,
            fault: state.fault?(bytes.count)
        )
        state.segments[last].size += bytes.count
        state.notices = PerStream(both: SpoolState.Notices())
        next.pass(header)
        state.streams[stream] = next
        state.nextSequence = header.nextSequence
    }

    // MARK: Leaving out

    /// Counts a batch for which there is no room.
    private func leaveOut(
        _ batch: UnsafeRawBufferPointer,
        _ stream: LogStream,
        _ time: UInt64,
        _ omitting: Omissions,
        in state: inout SpoolState
    ) throws {
        var next = state.streams[stream]
        let cuts = next.open > 0
        let newline = UInt8(ascii: "\n")
        let newlines = batch.count { $0 == newline }
        let isUnfinished = !batch.isEmpty && batch.last != newline
        // A line is counted where it begins; one that was open began before.
        let begun = newlines + (isUnfinished ? 1 : 0) - (cuts ? 1 : 0)
        next.omitted = next.omitted + omitting
        next.omitted.full.lines += UInt64(begun)
        next.omitted.full.bytes += UInt64(batch.count - newlines)
        next.batch += 1
        next.ended = false
        // Empty is what is left of the rest of such a line.
        next.skips = isUnfinished || batch.isEmpty
        next.open = 0
        if state.current == nil { _ = try begin(&state, roomFor: 0, time: time, mustTake: true) }
        guard let current = state.current, let last = state.segments.indices.last else {
            throw LogError(.append, path, reason: "no segment")
        }
        let (header, bytes) = BlockEncoder.notice(
            next,
            from: stream,
            sequence: state.nextSequence,
            time: time,
            cutsLine: cuts,
            salt: current.salt
        )
        let isOver = !cuts && state.notices[stream].offsets.count == 2
        let notices = state.notices[stream]
        let place = isOver ? notices.offsets[notices.turn] : state.segments[last].size
        try bytes.withUnsafeBytes {
            try write(
                $0,
                to: current.descriptor,
                at: place,
                replaces: isOver,
                fault: state.fault?(bytes.count)
            )
        }
        if isOver {
            state.notices[stream].turn ^= 1
        } else {
            state.segments[last].size += bytes.count
            if cuts {
                state.notices = PerStream(both: SpoolState.Notices())
            } else {
                state.notices[stream].offsets.append(place)
            }
        }
        next.written.lines += UInt64(header.lines)
        state.streams[stream] = next
    }

    // MARK: Segments

    /// Begins a new segment where there is none or the current one is full; false when there is no room for one.
    private func begin(_ state: inout SpoolState, roomFor bytes: Int, time: UInt64, mustTake: Bool)
        throws(LogError) -> Bool
    {
        if !mustTake, state.isTooFarAhead { return false }
        if state.current != nil, let last = state.segments.last {
            let isOver = last.size + BlockHeader.size + bytes > state.limits.segmentBytes
            // A segment is named by its first record, so it must have one before the next can begin.
            if !isOver || state.nextSequence == last.firstSequence { return true }
        }
        if !mustTake {
            let hasRoom = try makeRoom(in: &state)
            if !hasRoom { return false }
        }
        try makeSegment(&state, time: time)
        // The one before may have been the only one, and too large.
        if !mustTake { try trim(&state, reserving: state.limits.segmentBytes - SegmentHeader.size) }
        return true
    }

    /// Makes a segment that begins with the next record.
    func makeSegment(_ state: inout SpoolState, time: UInt64) throws(LogError) {
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
        for stream in LogStream.allCases where state.streams[stream].omitted != Omissions() {
            bytes +=
                BlockEncoder.notice(
                    state.streams[stream],
                    from: stream,
                    sequence: first,
                    time: time,
                    salt: header.salt
                ).bytes
        }
        let descriptor = try attempt(.append, path) { () throws(LinuxError) in
            let descriptor = try folder.create(first)
            do throws(LinuxError) { try descriptor.write(bytes) } catch {
                try folder.remove(first)
                throw error
            }
            return descriptor
        }
        state.current = (descriptor, header.salt)
        state.notices = PerStream(both: SpoolState.Notices())
        state.segments.append(
            .init(
                firstSequence: first,
                size: bytes.count,
                time: time,
                before: PerStream(stdout: state.streams.stdout.written, stderr: state.streams.stderr.written)
            )
        )
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer,
        to file: Descriptor,
        at offset: Int,
        replaces: Bool = false,
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
            if written > 0, !replaces { ftruncate(file.number, off_t(offset)) }
            throw LogError(.append, path, error)
        }
    }
}
