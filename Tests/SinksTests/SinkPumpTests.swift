// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Logs
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Sinks

/// A receiver that a test can have fail.
final class FakeReceiver: Sendable {
    struct State {
        var lines: [String] = []
        var gaps: UInt64 = 0
        var batches = 0
        /// How many batches are taken before the receiver dies, with or without its word for the last.
        var batchesToLive = Int.max
        var isRefusing: String?
        var isDown = false
    }

    let state = Mutex(State())
    var lines: [String] { state.withLock(\.lines) }

    func wait(for count: Int) async throws {
        while lines.count < count { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// Speaks to a `FakeReceiver`: a batch is there once it was sent, and known to be once it was confirmed.
struct FakeSink: Sink {
    let receiver: FakeReceiver
    let delivery = Delivery.application
    var bounds = BatchBounds()
    private var sent: [Int] = []

    init(_ receiver: FakeReceiver, _ bounds: BatchBounds = BatchBounds()) {
        self.receiver = receiver
        self.bounds = bounds
    }

    func encode(_ batch: LogBatch) throws(SinkError) -> [String] {
        batch.parts.flatMap(\.events).map { event in
            switch event {
            case .line(let line): String(decoding: line.bytes, as: UTF8.self)
            case .gap(let gap): "gap \(gap.lines)"
            }
        }
    }

    mutating func send(_ payload: borrowing [String]) throws(SinkError) {
        let lines = copy payload
        let failure: SinkError? = receiver.state.withLock { state in
            if state.isDown { return SinkError("send to", "fake", .unavailable("it is down")) }
            if let word = state.isRefusing, lines.contains(where: { $0.contains(word) }) {
                return SinkError("send to", "fake", .rejected("it does not like \(word)"))
            }
            state.lines += lines
            state.batches += 1
            return nil
        }
        if let failure { throw failure }
        sent.append(lines.count)
    }

    mutating func confirm() throws(SinkError) -> Int {
        sent.removeFirst()
        let isDead = receiver.state.withLock { state in
            state.batchesToLive -= 1
            guard state.batchesToLive == 0 else { return false }
            state.batchesToLive = .max
            return true
        }
        if isDead { throw SinkError("hear from", "fake", .unavailable("it died")) }
        return 0
    }

    mutating func disconnect() { sent = [] }
}

/// A pump with its thread.
final class PumpBench: Sendable {
    let inbox = PumpInbox()
    let gauge = SinkGauge(SinkReport(name: "fake", kind: "fake"))
    let scope = TransferScope()
    let isOver = Monitor(false)
    private let told = Told()
    var events: [SinkEvent.Kind] { told.events.withLock { $0 } }

    private final class Told: Sendable { let events = Mutex<[SinkEvent.Kind]>([]) }

    init(
        _ receiver: FakeReceiver,
        _ bounds: BatchBounds = BatchBounds(),
        lag: LogSettings.Keep = LogSettings.Keep()
    ) throws {
        let (inbox, gauge, scope, isOver, told) = (inbox, gauge, scope, isOver, told)
        try Thread.detach {
            let link = PumpLink("fake", inbox: inbox, gauge: gauge, scope: scope, lag: LagLimit(lag)) {
                event in
                told.events.withLock { $0.append(event.kind) }
            }
            SinkPump(link, FakeSink(receiver, bounds)).run()
            isOver.change { $0 = true }
        }
    }

    func add(_ writer: SpoolWriter, _ origin: LogOrigin = SpoolWriter.origin(), isLive: Bool = true) {
        let (inbox, path) = (inbox, writer.path)
        inbox.add(
            .init(path: path, origin: origin, spool: isLive ? WeakSpool(writer.spool) : nil)
        )
        if isLive {
            writer.spool.watch {
                inbox.ring(path)
                return true
            }
        }
    }

    /// Ends at once, as a kill does.
    func kill() {
        scope.cancel()
        inbox.end()
        _ = isOver.wait { $0 ? true : nil }
    }

    func drain() {
        inbox.close()
        _ = isOver.wait { $0 ? true : nil }
    }

    deinit { kill() }
}

@Suite(.timeLimit(.minutes(2))) struct SinkPumpTests {
    @Test func `lines come in order as they are written`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        let pump = try PumpBench(receiver)
        try writer.write(lines: 0..<5_000)
        pump.add(writer)
        try await receiver.wait(for: 5_000)
        try writer.write(lines: 5_000..<20_000)
        try writer.write("no end yet")
        try await receiver.wait(for: 20_000)
        #expect(receiver.lines == (0..<20_000).map { "line \($0)" })
        try writer.write(", but now\n")
        try await receiver.wait(for: 20_001)
        #expect(receiver.lines.last == "no end yet, but now")
        pump.drain()
        #expect(pump.gauge.current.linesOut == 20_001)
        #expect(pump.gauge.current.pending == 0)
    }

    @Test func `a receiver that dies is sent what it did not confirm, and no more than that twice`()
        async throws
    {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        receiver.state.withLock { $0.batchesToLive = 3 }
        let pump = try PumpBench(receiver, BatchBounds(lines: 100))
        try writer.write(lines: 0..<1_000)
        pump.add(writer)
        pump.drain()
        #expect(receiver.lines == (0..<300).map { "line \($0)" } + (200..<1_000).map { "line \($0)" })
        #expect(pump.gauge.current.retries == 1)
        #expect(pump.gauge.current.linesOut == 1_000)
        #expect(pump.events.contains(.resumed))
    }

    @Test func `who comes after a kill goes on behind what was confirmed`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        try writer.write(lines: 0..<3_000)
        var pump = try PumpBench(receiver)
        pump.add(writer)
        try await receiver.wait(for: 3_000)
        pump.drain()
        try writer.write(lines: 3_000..<4_000)
        pump = try PumpBench(receiver)
        pump.add(writer, isLive: false)
        pump.drain()
        #expect(receiver.lines == (0..<4_000).map { "line \($0)" })
        #expect(pump.events.contains(.sent(writer.path)))
    }

    @Test func `what a receiver refuses for good is counted and holds up nothing`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        receiver.state.withLock { $0.isRefusing = "line 250" }
        let pump = try PumpBench(receiver, BatchBounds(lines: 100))
        try writer.write(lines: 0..<1_000)
        pump.add(writer)
        pump.drain()
        #expect(receiver.lines.count == 900)
        #expect(pump.gauge.current.droppedAsRejected == 100)
        #expect(pump.gauge.current.linesOut == 900)
    }

    @Test
    func `while a receiver is down the spool drops the oldest, and the receiver is told exactly how many`()
        async throws
    {
        let receiver = FakeReceiver()
        let writer = try SpoolWriter(limits: SpoolLimits(segmentBytes: 64 << 10, totalBytes: 256 << 10))
        receiver.state.withLock { $0.isDown = true }
        let pump = try PumpBench(receiver, BatchBounds(lines: 500))
        try writer.write(lines: 0..<1_000)
        pump.add(writer)
        while pump.gauge.current.failure == nil { try await Task.sleep(for: .milliseconds(1)) }
        for start in stride(from: 1_000, to: 100_000, by: 1_000) {
            try writer.write(lines: start..<start + 1_000)
        }
        receiver.state.withLock { $0.isDown = false }
        pump.drain()
        let gaps = receiver.lines.filter { $0.hasPrefix("gap ") }.compactMap { Int($0.dropFirst(4)) }
        let lines = receiver.lines.filter { $0.hasPrefix("line ") }.compactMap { Int($0.dropFirst(5)) }
        #expect(lines == lines.sorted() && Set(lines).count == lines.count)
        #expect(gaps.reduce(0, +) + lines.count == 100_000)
        #expect(pump.gauge.current.missing[.dropped] == UInt64(100_000 - lines.count))
    }

    @Test func `what is further behind than it may be is left out, and told in its place`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        let pump = try PumpBench(
            receiver,
            BatchBounds(lines: 500),
            lag: .init(size: ByteCount(100_000))
        )
        try writer.write(lines: 0..<1_000)
        pump.add(writer)
        try await receiver.wait(for: 1_000)
        receiver.state.withLock { $0.isDown = true }
        try writer.write(lines: 1_000..<2_000)
        while pump.gauge.current.failure == nil { try await Task.sleep(for: .milliseconds(1)) }
        try writer.write(lines: 2_000..<100_000)
        receiver.state.withLock { $0.isDown = false }
        pump.drain()
        let gaps = receiver.lines.indices.filter { receiver.lines[$0].hasPrefix("gap ") }
        let gap = try #require(gaps.first)
        let lost = try #require(Int(receiver.lines[gap].dropFirst(4)))
        // In its place, between what was on its way when the receiver went down and the newest 100,000 bytes.
        let numbers = Array(0..<gap) + Array(gap + lost..<100_000)
        #expect(gaps.count == 1)
        #expect(receiver.lines.filter { !$0.hasPrefix("gap ") } == numbers.map { "line \($0)" })
        let kept = (gap + lost..<100_000).reduce(0) { $0 + "line \($1)".utf8.count }
        #expect((90_000...100_000).contains(kept), "\(kept)")
        #expect(pump.gauge.current.missing == [.lag: UInt64(lost)])
        #expect(pump.gauge.current.linesOut == UInt64(100_000 - lost))
    }

    @Test(arguments: [SpoolPolicy.dropNew, .block])
    func `nothing is passed over for a sink where who writes is held back for it`(_ policy: SpoolPolicy)
        async throws
    {
        let receiver = FakeReceiver(), writer = try SpoolWriter("web", policy)
        let pump = try PumpBench(receiver, lag: .init(size: ByteCount(1_000)))
        try writer.write(lines: 0..<5_000)
        pump.add(writer)
        pump.drain()
        #expect(receiver.lines == (0..<5_000).map { "line \($0)" })
        #expect(pump.gauge.current.missing == [:])
    }

    @Test func `lines that are older than they may be are left out, also behind a restart`() async throws {
        let receiver = FakeReceiver(), writer = try SpoolWriter()
        let now = SinkClock.now, hour: UInt64 = 3_600_000_000_000
        try writer.write("ancient\nancient too\n", time: now - 3 * hour)
        try writer.write("old\n", .stderr, time: now - 2 * hour)
        try writer.write("new\n", time: now)
        for isLive in [true, false] {
            let pump = try PumpBench(receiver, lag: .init(age: .seconds(3_600)))
            pump.add(writer, isLive: isLive)
            pump.drain()
            if isLive {
                #expect(pump.gauge.current.missing == [.lag: 3])
                try writer.write("newer\nold again\n", time: now)
            }
        }
        #expect(receiver.lines == ["gap 3", "new", "newer", "old again"])
    }

    @Test(arguments: [true, false])
    func `lines of a log that is removed before they were sent are counted`(_ isLive: Bool) async throws {
        let bench = try ShippingBench(
            .http(.init(.init(url: "http://127.0.0.1:1/"))),
            shipsAfterwards: !isLive
        )
        try bench.writer.write(lines: 0..<30_000)
        bench.ship()
        _ = try await bench.failure()
        // What is on its way stays on its way.
        bench.forget()
        while try bench.status.droppedAsRemoved == 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try bench.status.droppedAsRemoved + bench.status.pending == 30_000)
        #expect(try bench.status.pending <= 8_192)
    }

    @Test func `a noisy instance does not hold up a quiet one`() async throws {
        let receiver = FakeReceiver(), noisy = try SpoolWriter("noisy"), quiet = try SpoolWriter("quiet")
        try noisy.write(lines: 0..<200_000, prefix: "noisy")
        try quiet.write("quiet\n")
        let pump = try PumpBench(receiver, BatchBounds(lines: 4_096))
        pump.add(noisy)
        pump.add(quiet)
        pump.drain()
        let place = try #require(receiver.lines.firstIndex(of: "quiet"))
        #expect(place < 10_000)
        #expect(receiver.lines.count == 200_001)
    }
}
