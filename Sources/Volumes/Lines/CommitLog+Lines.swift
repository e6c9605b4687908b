// SPDX-License-Identifier: Apache-2.0
package import Transfer

extension CommitLog {
    /// The log of one line of the volume.
    package func line(_ line: Line) throws(VolumeError) -> CommitLog {
        CommitLog(try place.branch(line.description), in: store, timing: timing)
    }

    /// The volume that a line is of.
    var parent: CommitLog {
        get throws(VolumeError) {
            let name = place.volume.prefix { $0 != "@" }
            return CommitLog(try LogPlace(String(name)), in: store, timing: timing)
        }
    }

    /// Has a record in the log for good: in this one, or where this is a line of ours, in that, and then also if somebody
    /// goes on with the volume elsewhere.
    func append(_ record: CommitRecord, to line: Line?, in scope: TransferScope) throws(VolumeError)
        -> (Lease, isForked: Bool)
    {
        func error(_ cause: VolumeError.Cause) -> VolumeError { VolumeError("commit", place.volume, cause) }
        guard let line else {
            var appending: Appending
            do throws(FormatFlaw) { appending = try Appending(record, timing: timing) } catch {
                throw VolumeError("commit", place.volume, .refused(error.description))
            }
            switch try run(&appending, in: scope) {
            case .committed(let lease): return (lease, false)
            case .fenced(let other):
                throw error(.fenced("\(other.map(\.owner.node) ?? "somebody") writes it now"))
            case .unsettled(let reason): throw error(.unsettled(reason))
            case .refused(let reason): throw error(.refused(reason))
            }
        }
        var appending: LineAppending
        do throws(FormatFlaw) { appending = try LineAppending(record, to: line, timing: timing) } catch {
            throw VolumeError("commit", place.volume, .refused(error.description))
        }
        switch try parent.run(&appending, in: scope) {
        case .committed(let lease): return (lease, false)
        case .forked(let lease, _): return (lease, true)
        case .unsettled(let reason): throw error(.unsettled(reason))
        case .refused(let reason): throw error(.refused(reason))
        }
    }

    /// The lines of the volume, in a store without atomic creation.
    package func lines(in scope: TransferScope) throws(VolumeError) -> [Line] {
        let catalog = VolumeCatalog(store)
        return try catalog.branches(of: place, in: scope).compactMap {
            Line($0.volume.dropFirst(place.volume.count + 1))
        }
    }

    /// Begins a line of our own, behind an owner who gives no sign of life.
    func acquireLine(_ owner: CommitRecord.Owner, time: UInt64, nonce: [UInt8], in scope: TransferScope)
        throws(VolumeError) -> (Line, Lease)
    {
        var acquisition = LineAcquisition(
            owner: owner,
            volume: place.volume,
            time: time,
            nonce: nonce,
            timing: timing
        )
        func error(_ cause: VolumeError.Cause) -> VolumeError {
            VolumeError("acquire", place.volume, cause)
        }
        switch try run(&acquisition, in: scope) {
        case .acquired(let line, let lease): return (line, lease)
        case .held(let record):
            let reason = "\(record.owner.node) writes it: stop it there, or wait until it is gone"
            throw error(.fenced(reason))
        case .unsettled(let reason): throw error(.unsettled(reason))
        case .refused(let reason): throw error(.refused(reason))
        case .damaged(let reason): throw error(.damaged(reason))
        }
    }

    /// The log that has the last version: this one, or the line of it that is gone on with.
    ///
    /// Nil for a volume that nobody has begun.
    package func main(in scope: TransferScope) throws(VolumeError) -> CommitLog? {
        guard guarantee == .forkPreserving else { return self }
        return try history(in: scope).main.map { line throws(VolumeError) in try self.line(line) }
    }

    /// How the lines of the volume hang together, and which of them nobody goes on with.
    package func history(in scope: TransferScope) throws(VolumeError) -> LineHistory {
        var ends: [LineHistory.Ends] = []
        for line in try lines(in: scope) {
            let log = try self.line(line)
            // Its first record is not seen yet, or its owner died before it.
            guard let first = try log.find(1, in: scope), let tail = try log.tail(in: scope) else { continue }
            ends.append(LineHistory.Ends(line: line, first: first, tail: tail))
        }
        return LineHistory(of: place.volume, ends)
    }
}
