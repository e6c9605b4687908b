// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// A node of a simulation.
struct SimulatedWriter {
    /// What it is at.
    enum Task {
        case acquiring(Acquisition)
        case appending(Appending)
    }

    let index: Int
    var owner: CommitRecord.Owner
    /// How often it still does something by itself.
    var acts: Int
    /// Answers to what it asked earlier are no answers.
    var token = 0
    var request: LogRequest?
    var task: Task?
    var lease: Lease?
    /// The record that is being appended.
    var record: CommitRecord?
    var hint: UInt64 = 0
    var stoppedUntil: Duration = .zero
    /// What was acknowledged when it began to acquire.
    var known: UInt64 = 0
    /// What is told to nobody else when it is stopped and goes on: its own clock runs along.
    var sawExists = false
}

extension LogSimulation {
    /// A writer begins something, stops for a while, or dies and begins anew.
    mutating func act(_ index: Int) throws {
        guard writers[index].acts > 0 else { return }
        writers[index].acts -= 1
        writers[index].token += 1
        if chance(0.1) {
            writers[index].task = nil
            writers[index].lease = nil
            if chance(0.5) { writers[index].owner = freshOwner(index) }
            return again(index, in: delay(upTo: 20))
        }
        if chance(0.15) { writers[index].stoppedUntil = now + delay(upTo: 60) }
        switch writers[index].task {
        // It was not settled, and is asked again.
        case .acquiring(var acquisition):
            let step = acquisition.begin()
            writers[index].task = .acquiring(acquisition)
            return try went(step, index)
        case .appending(var appending):
            let step = appending.begin()
            writers[index].task = .appending(appending)
            return try went(step, index)
        case nil: break
        }
        guard let lease = writers[index].lease else { return try acquire(index) }
        let record = lease.next(
            root: nil,
            flags: chance(0.15) ? .released : [],
            time: random.next(),
            statistics: CommitRecord.Statistics(),
            nonce: bytes()
        )
        var appending = try Appending(record, timing: Self.timing)
        let step = appending.begin()
        writers[index].record = record
        writers[index].task = .appending(appending)
        try went(step, index)
    }

    private mutating func acquire(_ index: Int) throws {
        var acquisition = Acquisition(
            owner: writers[index].owner,
            hint: chance(0.5) ? writers[index].hint : 0,
            time: random.next(),
            nonce: bytes(),
            timing: Self.timing
        )
        writers[index].known = oracle.latest
        let step = acquisition.begin()
        writers[index].task = .acquiring(acquisition)
        try went(step, index)
    }

    /// A writer is told something.
    mutating func take(_ answer: LogAnswer, _ index: Int) throws {
        var answer = answer
        if answer == .exists { writers[index].sawExists = true }
        if case .create = writers[index].request {
            switch (mistake, answer) {
            case (.believesExists, .exists), (.believesTimeout, .unknown): answer = .created
            default: break
            }
        }
        switch writers[index].task {
        case .acquiring(var acquisition):
            let step = acquisition.take(answer, at: now)
            writers[index].task = .acquiring(acquisition)
            try went(step, index)
        case .appending(var appending):
            let step = appending.take(answer, at: now)
            writers[index].task = .appending(appending)
            try went(step, index)
        case nil: break
        }
    }

    private mutating func again(_ index: Int, in pause: Duration) {
        writers[index].token += 1
        queue.add(.act(index, token: writers[index].token), at: now + pause)
    }

    private mutating func wait(_ duration: Duration, _ index: Int) {
        writers[index].token += 1
        queue.add(.answer(index, token: writers[index].token, .waited), at: now + duration)
    }

    // MARK: What came of it

    private mutating func went(_ step: LogStep<Acquisition.Outcome>, _ index: Int) throws {
        switch step {
        case .ask(let request): return send(request, from: index)
        case .wait(let duration): return wait(duration, index)
        case .done(.acquired(let lease)):
            outcome.acquired += 1
            try oracle.acquired(lease, knowing: writers[index].known)
            hold(lease, index)
            queue.add(.heartbeat(index, epoch: lease.epoch), at: now)
        case .done(.held): outcome.held += 1
        case .done(.unsettled):
            outcome.unsettled += 1
            return again(index, in: delay(upTo: 10))  // with the same acquisition
        case .done(.refused(let reason)), .done(.damaged(let reason)): throw LogOracle.Violation(reason)
        }
        writers[index].task = nil
        again(index, in: delay(upTo: 25))
    }

    private mutating func went(_ step: LogStep<Appending.Outcome>, _ index: Int) throws {
        switch step {
        case .ask(let request): return send(request, from: index)
        case .wait(let duration): return wait(duration, index)
        case .done(.committed(let lease)):
            outcome.committed += 1
            if writers[index].sawExists { outcome.retried += 1 }
            try oracle.acknowledged(lease)
            hold(lease, index)
            if lease.tail.flags.contains(.released) { writers[index].lease = nil }
        case .done(.fenced):
            outcome.fenced += 1
            writers[index].lease = nil
        case .done(.unsettled):
            outcome.unsettled += 1
            return again(index, in: delay(upTo: 10))  // with the same record
        case .done(.refused(let reason)): throw LogOracle.Violation(reason)
        }
        writers[index].task = nil
        again(index, in: delay(upTo: 10))
    }

    private mutating func hold(_ lease: Lease, _ index: Int) {
        writers[index].lease = lease
        writers[index].hint = lease.tail.sequence
        writers[index].sawExists = false
    }
}
