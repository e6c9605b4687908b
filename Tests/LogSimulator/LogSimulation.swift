// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Volumes

/// Some writers of one log, a store, and a network between them that loses, delays, repeats and reorders; all of it from
/// one seed, with a clock that moves from event to event.
package struct LogSimulation {
    /// What may be wrong on purpose, so that the oracle can be seen to notice.
    package enum Mistake: String, CaseIterable, Sendable {
        /// The store replaces what is there.
        case overwritingStore
        /// The store looks first and creates later, as OpenStack Swift does.
        case racyStore
        /// A writer takes a record in its place for its own.
        case believesExists
        /// A writer takes silence for success.
        case believesTimeout
    }

    /// What a schedule came to.
    package struct Outcome: Equatable, Sendable {
        /// What must never be; nil if it was not.
        package var violation: String?
        package var committed = 0
        package var acquired = 0
        package var fenced = 0
        package var held = 0
        package var unsettled = 0
        package var retried = 0

        package init() {}
    }

    static let timing = LeaseTiming(heartbeat: .seconds(5), patience: .seconds(15), attempts: 5)

    let mistake: Mistake?
    var random: SeededGenerator
    var now: Duration = .zero
    var queue = EventQueue()
    var store = SimulatedStore()
    var writers: [SimulatedWriter] = []
    var oracle = LogOracle()
    var outcome = Outcome()

    private init(seed: UInt64, _ mistake: Mistake?) {
        random = SeededGenerator(seed: seed)
        self.mistake = mistake
        for index in 0..<Int.random(in: 2...4, using: &random) {
            writers.append(SimulatedWriter(index: index, owner: freshOwner(index), acts: chance(0.2) ? 9 : 4))
            queue.add(.act(index, token: 0), at: delay(upTo: 30))
        }
    }

    /// Runs one schedule to its end.
    package static func run(seed: UInt64, mistake: Mistake? = nil) -> Outcome {
        var simulation = LogSimulation(seed: seed, mistake)
        do {
            while let (time, event) = simulation.queue.next() {
                simulation.now = time
                try simulation.handle(event)
            }
            try simulation.oracle.judge(simulation.store)
        } catch {
            simulation.outcome.violation = "seed \(seed): \(error)"
        }
        return simulation.outcome
    }

    // MARK: Chance

    mutating func chance(_ probability: Double) -> Bool { .random(in: 0..<1, using: &random) < probability }

    mutating func delay(upTo seconds: Int64) -> Duration {
        .milliseconds(Int64.random(in: 0...seconds * 1_000, using: &random))
    }

    /// Mostly short, sometimes longer than anybody waits for.
    mutating func latency() -> Duration {
        chance(0.08) ? delay(upTo: 60) : .milliseconds(Int64.random(in: 1...60, using: &random))
    }

    mutating func bytes() -> [UInt8] {
        [random.next(), random.next()].flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }

    mutating func freshOwner(_ index: Int) -> CommitRecord.Owner {
        CommitRecord.Owner(id: bytes(), node: "node-\(index)")
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .arrive(let message): arrive(message)
        case .land(let place, let record): store.land(record, at: place, now)
        case .sign(let epoch, let bytes): store.signs[epoch] = bytes
        case .answer(let index, let token, let answer):
            // Who is stopped hears it later.
            guard writers[index].stoppedUntil <= now else {
                return queue.add(event, at: writers[index].stoppedUntil)
            }
            guard writers[index].token == token else { return }
            try take(answer, index)
        case .act(let index, let token):
            guard writers[index].stoppedUntil <= now else {
                return queue.add(event, at: writers[index].stoppedUntil)
            }
            guard writers[index].token == token else { return }
            try act(index)
        case .heartbeat(let index, let epoch):
            // One who will do nothing more is as good as dead.
            guard writers[index].lease?.epoch == epoch, writers[index].acts > 0 else { return }
            if writers[index].stoppedUntil <= now, !chance(0.2) {
                queue.add(.sign(epoch: epoch, bytes()), at: now + latency())
            }
            queue.add(event, at: now + Self.timing.heartbeat)
        }
    }

    // MARK: The network

    mutating func send(_ request: LogRequest, from index: Int) {
        writers[index].token += 1
        let token = writers[index].token
        writers[index].request = request
        // Somebody gives up at last, whatever becomes of it.
        queue.add(.answer(index, token: token, .unknown("no answer")), at: now + .seconds(2))
        let message = Message(writer: index, token: token, request: request)
        switch Double.random(in: 0..<1, using: &random) {
        case ..<0.08: break  // lost
        case ..<0.13:
            queue.add(.answer(index, token: token, .unknown("409, 500 or 503")), at: now + latency())
        default: queue.add(.arrive(message), at: now + latency())
        }
        if chance(0.05) { queue.add(.arrive(message), at: now + latency()) }
    }

    private mutating func arrive(_ message: Message) {
        let answer: LogAnswer
        switch message.request {
        case .create(let place, let record):
            switch mistake {
            case .overwritingStore:
                store.overwrite(record, at: place, now)
                answer = .created
            case .racyStore where store.records[place] == nil:
                queue.add(
                    .land(place, record),
                    at: now + .milliseconds(Int64.random(in: 0...200, using: &random))
                )
                answer = .created
            default: answer = store.create(record, at: place, now) ? .created : .exists
            }
        case .read(let place): answer = store.read(place, asOf: view())
        case .list(let place): answer = .places(store.list(after: place, asOf: view()))
        case .readHeartbeat(let epoch): answer = store.signs[epoch].map { .bytes($0) } ?? .absent
        case .put, .lines, .of: answer = .refused("a log of one line is not asked this")
        }
        let isLost = chance(0.1)
        guard !isLost else { return }
        let told = chance(0.05) ? LogAnswer.unknown("500 after it was done") : answer
        queue.add(.answer(message.writer, token: message.token, told), at: now + latency())
    }

    /// As of when the store shows what it has: now, or some time ago.
    private mutating func view() -> Duration { chance(0.1) ? now - delay(upTo: 20) : now }
}
