// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Volumes

/// Some owners of one volume in a store without atomic creation, which shows late what it has, behind a network that loses
/// and delays; all of it from one seed.
package struct LineSimulation {
    /// What may be wrong on purpose, so that the oracle can be seen to notice.
    package enum Mistake: String, CaseIterable, Sendable {
        /// Nobody looks again once they have claimed.
        case looksOnce
        /// Nobody looks for greater lines after a commit.
        case blind
        /// All draw the same claim.
        case oneClaim
    }

    /// What a schedule came to.
    package struct Outcome: Equatable, Sendable {
        /// What must never be; nil if it was not.
        package var violation: String?
        package var committed = 0
        package var acquired = 0
        package var held = 0
        package var forked = 0
        package var unsettled = 0
        /// Lines that were acknowledged and are not gone on with.
        package var forks = 0

        package init() {}
    }

    private enum Task {
        case acquiring(LineAcquisition)
        case appending(LineAppending)
    }

    private struct Writer {
        var owner: CommitRecord.Owner
        var acts: Int
        var task: Task?
        var line: Line?
        var lease: Lease?
        var stoppedUntil: Duration = .zero
        var claimed: Duration?
    }

    struct Stored {
        let bytes: [UInt8]
        let since: Duration
    }

    static let volume = "shop/data"
    private let timing: LeaseTiming
    private let mistake: Mistake?
    let isPrompt: Bool
    private var random: SeededGenerator
    private var now: Duration = .zero
    private var writers: [Writer] = []
    /// What each is told next, and when.
    private var answers: [(time: Duration, writer: Int, answer: LogAnswer?)] = []
    var store: [Line: [UInt64: Stored]] = [:]
    var acknowledged: [(line: Line, sequence: UInt64, name: ContentName)] = []
    var outcome = Outcome()

    private init(seed: UInt64, isPrompt: Bool, _ mistake: Mistake?) {
        random = SeededGenerator(seed: seed)
        self.isPrompt = isPrompt
        self.mistake = mistake
        timing = LeaseTiming(
            heartbeat: .seconds(5),
            patience: .seconds(15),
            attempts: 5,
            settle: .seconds(10)
        )
        for index in 0..<Int.random(in: 2...3, using: &random) {
            let owner = CommitRecord.Owner(id: bytes(), node: "node-\(index)")
            writers.append(Writer(owner: owner, acts: Int.random(in: 3...8, using: &random)))
            tell(index, nil, in: delay(upTo: 20))
        }
        if chance(0.5) { for index in answers.indices { answers[index].time = delay(upTo: 2) } }
    }

    /// Runs one schedule to its end.
    ///
    /// In a prompt store everybody sees what is there after less time than a claim has to settle.
    package static func run(seed: UInt64, isPrompt: Bool, mistake: Mistake? = nil) -> Outcome {
        var simulation = LineSimulation(seed: seed, isPrompt: isPrompt, mistake)
        do {
            while let next = simulation.answers.indices.min(by: {
                simulation.answers[$0].time < simulation.answers[$1].time
            }) {
                let (time, writer, answer) = simulation.answers.remove(at: next)
                simulation.now = max(simulation.now, time)
                try simulation.act(writer, answer)
            }
            try simulation.judge()
        } catch {
            simulation.outcome.violation = "seed \(seed): \(error)"
        }
        return simulation.outcome
    }

    // MARK: Chance

    private mutating func chance(_ probability: Double) -> Bool {
        .random(in: 0..<1, using: &random) < probability
    }

    private mutating func delay(upTo seconds: Int64) -> Duration {
        .milliseconds(Int64.random(in: 0...seconds * 1_000, using: &random))
    }

    private mutating func bytes() -> [UInt8] {
        [random.next(), random.next()].flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }

    // MARK: Writers

    private mutating func tell(_ index: Int, _ answer: LogAnswer?, in pause: Duration) {
        answers.append((now + pause, index, answer))
    }

    private mutating func act(_ index: Int, _ answer: LogAnswer?) throws {
        guard writers[index].stoppedUntil <= now else {
            return tell(index, answer, in: writers[index].stoppedUntil - now)
        }
        if chance(0.06) { writers[index].stoppedUntil = now + delay(upTo: 90) }
        switch (writers[index].task, answer) {
        case (.acquiring(var acquisition), let answer?):
            let step = acquisition.take(answer, at: now)
            writers[index].task = .acquiring(acquisition)
            try went(step, index)
        case (.appending(var appending), let answer?):
            let step = appending.take(answer, at: now)
            writers[index].task = .appending(appending)
            try went(step, index)
        case (nil, _), (_, nil): try begin(index)
        }
    }

    private mutating func begin(_ index: Int) throws {
        guard writers[index].acts > 0 else { return }
        writers[index].acts -= 1
        // Sometimes it dies, and begins anew with nothing in memory.
        if chance(0.1) { (writers[index].task, writers[index].lease, writers[index].line) = (nil, nil, nil) }
        if case .appending(var appending) = writers[index].task {
            let step = appending.begin()
            writers[index].task = .appending(appending)
            return try went(step, index)
        }
        guard let lease = writers[index].lease, let line = writers[index].line else {
            var acquisition = LineAcquisition(
                owner: writers[index].owner,
                volume: Self.volume,
                time: 0,
                nonce: mistake == .oneClaim ? [UInt8](repeating: 1, count: 16) : bytes(),
                timing: timing
            )
            let step = acquisition.begin()
            writers[index].task = .acquiring(acquisition)
            return try went(step, index)
        }
        let record = lease.next(
            root: nil,
            flags: [],
            time: random.next(),
            statistics: CommitRecord.Statistics(),
            nonce: bytes()
        )
        var appending = try LineAppending(record, to: line, timing: timing)
        let step = appending.begin()
        writers[index].task = .appending(appending)
        try went(step, index)
    }

    private mutating func went(_ step: LogStep<LineAcquisition.Outcome>, _ index: Int) throws {
        switch step {
        case .ask(let request): return send(request, index)
        case .wait(let duration): return tell(index, .waited, in: duration)
        case .done(.acquired(let line, let lease)):
            outcome.acquired += 1
            writers[index].claimed = nil
            (writers[index].line, writers[index].lease) = (line, lease)
        case .done(.held): outcome.held += 1
        case .done(.unsettled): outcome.unsettled += 1
        case .done(.refused(let reason)), .done(.damaged(let reason)): throw LogOracle.Violation(reason)
        }
        writers[index].task = nil
        tell(index, nil, in: delay(upTo: chance(0.5) ? 2 : 15))
    }

    private mutating func went(_ step: LogStep<LineAppending.Outcome>, _ index: Int) throws {
        switch step {
        case .ask(let request): return send(request, index)
        case .wait(let duration): return tell(index, .waited, in: duration)
        case .done(.committed(let lease)):
            outcome.committed += 1
            guard let line = writers[index].line else { break }
            acknowledged.append((line, lease.tail.sequence, lease.tailName))
            writers[index].lease = lease
        case .done(.forked):
            outcome.forked += 1
            (writers[index].line, writers[index].lease) = (nil, nil)
        case .done(.unsettled):
            outcome.unsettled += 1
            return tell(index, nil, in: delay(upTo: 10))  // with the same record
        case .done(.refused(let reason)): throw LogOracle.Violation(reason)
        }
        writers[index].task = nil
        tell(index, nil, in: delay(upTo: 10))
    }

    // MARK: The store

    private mutating func send(_ request: LogRequest, _ index: Int) {
        // Nothing of it happens, it happens and nobody is told, or both.
        if chance(0.06) { return tell(index, .unknown("503"), in: delay(upTo: 2)) }
        let answer = answer(request, index, nil)
        tell(index, chance(0.06) ? .unknown("no answer") : answer, in: delay(upTo: chance(0.1) ? 40 : 1))
    }

    private mutating func answer(_ request: LogRequest, _ index: Int, _ line: Line?) -> LogAnswer {
        var seen = now - (chance(0.7) ? delay(upTo: isPrompt ? 9 : 60) : .zero)
        if mistake == .looksOnce, let claimed = writers[index].claimed { seen = claimed }
        switch (request, line) {
        case (.of(let line, let request), _): return answer(request, index, line)
        case (.lines, _):
            let lines = store.filter { ($0.value[1]?.since ?? seen + .seconds(1)) <= seen }.map(\.key)
            guard mistake == .blind, case .appending = writers[index].task else { return .lines(lines) }
            return .lines([])
        case (.put(let sequence, let bytes), let line?):
            let since = store[line]?[sequence]?.since ?? now
            store[line, default: [:]][sequence] = Stored(bytes: bytes, since: since)
            writers[index].claimed = sequence == 1 ? now : nil
            return .created
        case (.read(let sequence), let line?):
            guard let stored = store[line]?[sequence], stored.since <= seen else { return .absent }
            return .bytes(stored.bytes)
        case (.list(let place), let line?):
            let places = (store[line] ?? [:]).filter { $0.key > place && $0.value.since <= seen }.map(\.key)
            return .places(places.sorted())
        case (.readHeartbeat, let line?):
            // Whoever has a line and goes on gives signs.
            let lives = writers.contains { $0.line == line && $0.acts > 0 && $0.stoppedUntil <= now }
            return lives ? .bytes(bytes()) : .bytes([])
        default: return .refused("this is not asked here")
        }
    }
}
