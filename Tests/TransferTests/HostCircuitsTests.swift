// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import Testing

@testable internal import Transfer

/// What a client remembers of servers that fail.
@Suite struct HostCircuitsTests {
    /// A clock and the circuits that run by it.
    private final class Bench: Sendable {
        private let passed = Mutex(Duration.zero)
        private let start = ContinuousClock.now
        func wait(_ seconds: Int) { passed.withLock { $0 += .seconds(seconds) } }
        func circuits() -> HostCircuits { HostCircuits { [self] in start + passed.withLock { $0 } } }
    }

    /// Asks a server that fails with `cause`; why there was no answer.
    private func ask(
        _ circuits: HostCircuits,
        _ server: String,
        _ cause: TransferError.Cause = .connection("reset"),
        meanwhile: () -> Void = {}
    ) throws -> TransferError.Cause {
        let request = TransferRequest("GET", try TransferURL("https://\(server)/v2/"))
        let error = #expect(throws: TransferError.self) {
            try circuits.send(request) { () throws(TransferError) in
                meanwhile()
                throw TransferError("GET", server, cause)
            }
        }
        return try #require(error).cause
    }

    private func isLeftAlone(_ cause: TransferError.Cause) -> Bool {
        if case .unanswered = cause { true } else { false }
    }

    @Test func `one that is left alone is not forgotten for many others, and another port is another server`()
        throws
    {
        let bench = Bench()
        let circuits = bench.circuits()
        _ = try ask(circuits, "dead.test")
        bench.wait(60)
        _ = try ask(circuits, "dead.test")
        for number in 0..<1500 { #expect(try ask(circuits, "h\(number).test") == .connection("reset")) }
        #expect(isLeftAlone(try ask(circuits, "dead.test")))
        #expect(try ask(circuits, "dead.test:5000") == .connection("reset"))
    }

    @Test func `while one asks, others are told to wait; one that is called off closes and opens nothing`()
        throws
    {
        let bench = Bench()
        let circuits = bench.circuits()
        _ = try ask(circuits, "dead.test")
        bench.wait(60)
        _ = try ask(circuits, "dead.test")
        bench.wait(300)
        let others = Mutex<[TransferError.Cause]>([])
        #expect(
            try ask(circuits, "dead.test", .cancelled) {
                bench.wait(31)
                guard let other = try? ask(circuits, "dead.test") else { return }
                others.withLock { $0.append(other) }
            } == .cancelled
        )
        #expect(others.withLock { $0.map(isLeftAlone) } == [true])
        #expect(try ask(circuits, "dead.test") == .connection("reset"))
        #expect(isLeftAlone(try ask(circuits, "dead.test")))
    }

    @Test func `a certificate that proves nothing is no dead server`() throws {
        let bench = Bench()
        let circuits = bench.circuits()
        for _ in 0..<20 {
            #expect(try ask(circuits, "odd.test", .security("expired")) == .security("expired"))
            bench.wait(60)
        }
    }
}
