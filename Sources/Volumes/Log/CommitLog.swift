// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer

/// The log of one volume in a real store: asks what a protocol wants asked, and blocks meanwhile.
package struct CommitLog: Sendable {
    package let place: LogPlace
    package let store: any ObjectStore
    /// How long is waited for whom.
    package let timing: LeaseTiming
    /// What its store is good for: of a store without atomic creation the log is in lines, one for each owner.
    package let guarantee: VolumeGuarantee

    package init(
        _ place: LogPlace,
        in store: any ObjectStore,
        timing: LeaseTiming = LeaseTiming(),
        guarantee: VolumeGuarantee = .fenced
    ) {
        self.place = place
        self.store = store
        self.timing = timing
        self.guarantee = guarantee
    }

    /// Takes the right to append, from an owner who gives no sign of life.
    package func acquire(
        _ owner: CommitRecord.Owner,
        hint: UInt64 = 0,
        time: UInt64,
        nonce: [UInt8],
        in scope: TransferScope
    ) throws(VolumeError) -> Lease {
        var acquisition = Acquisition(owner: owner, hint: hint, time: time, nonce: nonce, timing: timing)
        switch try run(&acquisition, in: scope) {
        case .acquired(let lease): return lease
        case .held(let record):
            let name = record.owner.node
            throw error("acquire", .fenced("\(name) writes it: stop it there, or wait until it is gone"))
        case .unsettled(let reason): throw error("acquire", .unsettled(reason))
        case .refused(let reason): throw error("acquire", .refused(reason))
        case .damaged(let reason): throw error("acquire", .damaged(reason))
        }
    }

    /// Drives a protocol to its end.
    package func run<Protocol: LogProtocol>(_ log: inout Protocol, in scope: TransferScope)
        throws(VolumeError)
        -> Protocol.Outcome
    {
        let clock = ContinuousClock(), start = clock.now
        var step = log.begin()
        while true {
            guard !scope.isCancelled else { throw error("ask", .cancelled) }
            switch step {
            case .done(let outcome): return outcome
            case .wait(let duration):
                guard scope.wait(for: duration) else { throw error("wait", .cancelled) }
                step = log.take(.waited, at: clock.now - start)
            case .ask(let request):
                let answer = try answer(to: request, in: scope)
                step = log.take(answer, at: clock.now - start)
            }
        }
    }

    /// Gives a sign of life; what it says is another thing each time.
    package func beat(_ epoch: UInt64, sign: [UInt8], in scope: TransferScope) throws(VolumeError) {
        let key = try place.heartbeat(epoch)
        do throws(ObjectError) { try store.put(sign, at: key, in: scope) } catch {
            throw self.error("beat", .store(error))
        }
    }

    /// The last record, whoever made it; nil for a volume that the store has not.
    package func tail(in scope: TransferScope) throws(VolumeError) -> CommitRecord? {
        guard guarantee == .fenced else { return try main(in: scope)?.tail(in: scope) }
        var furthest: UInt64 = 0
        while true {
            guard case .places(let places) = try answer(to: .list(after: furthest), in: scope) else {
                throw error("list", .unsettled("the store cannot be asked"))
            }
            guard let last = places.max() else { break }
            furthest = last
        }
        return furthest == 0 ? nil : try record(furthest, in: scope)
    }

    /// The record at a place.
    package func record(_ sequence: UInt64, in scope: TransferScope) throws(VolumeError) -> CommitRecord {
        let key = try place.record(sequence)
        let object: StoredObject
        do throws(ObjectError) {
            object = try store.get(key, limit: CommitRecord.maximumSize, in: scope)
        } catch {
            throw self.error("read", .store(error))
        }
        do throws(FormatFlaw) { return try CommitRecord(object.bytes, at: sequence) } catch {
            throw VolumeError("read", key.text, .damaged(error.description))
        }
    }

    // MARK: Requests

    private func answer(to request: LogRequest, in scope: TransferScope) throws(VolumeError) -> LogAnswer {
        let limit = CommitRecord.maximumSize
        switch request {
        case .read(let sequence):
            let key = try place.record(sequence)
            return told { () throws(ObjectError) in .bytes(try store.get(key, limit: limit, in: scope).bytes)
            }
        case .readHeartbeat(let epoch):
            let key = try place.heartbeat(epoch)
            return told { () throws(ObjectError) in .bytes(try store.get(key, limit: limit, in: scope).bytes)
            }
        case .create(let sequence, let bytes):
            let key = try place.record(sequence)
            return told { () throws(ObjectError) in
                try store.create(bytes, at: key, in: scope) == .present ? .exists : .created
            }
        case .list(let sequence):
            let after = sequence == 0 ? nil : try place.record(sequence)
            return told { () throws(ObjectError) in
                var page = try store.list(place.records, after: after, limit: 1_000, in: scope)
                // A page may be empty, and yet not the last.
                while page.entries.isEmpty, let next = page.next {
                    page = try store.list(place.records, after: next, limit: 1_000, in: scope)
                }
                return .places(page.entries.compactMap { place.sequence(of: $0.key) })
            }
        case .put(let sequence, let bytes):
            let key = try place.record(sequence)
            return told { () throws(ObjectError) in
                try store.put(bytes, at: key, in: scope)
                return .created
            }
        case .lines:
            do throws(VolumeError) { return .lines(try lines(in: scope)) } catch {
                guard case .store(let cause) = error.cause else { throw error }
                return told { () throws(ObjectError) in throw cause }
            }
        case .of(let line, let request):
            return try CommitLog(place.branch(line.description), in: store, timing: timing)
                .answer(to: request, in: scope)
        }
    }

    private func told(_ ask: () throws(ObjectError) -> LogAnswer) -> LogAnswer {
        do throws(ObjectError) { return try ask() } catch {
            switch error.cause {
            case .absent: return .absent
            case .refused, .outside, .tooLarge: return .refused(error.description)
            case .unavailable, .system, .cancelled: return .unknown(error.description)
            }
        }
    }

    private func error(_ operation: String, _ cause: VolumeError.Cause) -> VolumeError {
        VolumeError(operation, place.volume, cause)
    }
}
