// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Transfer

/// How often a server that does not answer is asked, by a clock that runs as the test says.
@Suite struct HostCircuitTests {
    private static let start = ContinuousClock.Instant.now

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// Seconds at which a host that is dead for two hours was asked, by callers that come at random and whose
    /// requests take a random time to fail.
    private func asked(_ random: inout SeededGenerator) -> [Double] {
        let (each, slowest) = (
            Double.random(in: 1...10, using: &random), [0, 2, 15].randomElement(using: &random) ?? 0
        )
        var circuit: HostCircuit?
        var flights: [(asker: UInt64, end: Double)] = []
        var asked: [Double] = []
        var (now, number) = (0.0, UInt64(0))
        while now < 7200 {
            now += Double.random(in: 0...each, using: &random)
            flights.sort { $0.end < $1.end }
            while let first = flights.first, first.end <= now {
                flights.removeFirst()
                if circuit == nil { circuit = HostCircuit("dead", now: Self.at(first.end)) }
                circuit?.fail(
                    first.asker,
                    "dead",
                    asked: [nil, .zero, .seconds(7), .seconds(86_400)].randomElement(using: &random) ?? nil,
                    now: Self.at(first.end),
                    random: Double.random(in: 0..<1, using: &random)
                )
            }
            number += 1
            guard circuit?.admits(number, now: Self.at(now)) ?? true else { continue }
            asked.append(now)
            // Some are called off before they know.
            if Int.random(in: 0..<10, using: &random) == 0 {
                circuit?.leave(number)
            } else {
                flights.append((number, now + Double.random(in: 0...Double(slowest), using: &random)))
            }
        }
        return asked
    }

    @Test
    func `a host that stays dead is asked at most once in half a minute, and at least once in six minutes`() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let late = asked(&random).filter { $0 >= 300 }
            #expect(late.count > 10)
            let gaps = zip(late, late.dropFirst()).map { $1 - $0 }
            #expect(gaps.allSatisfy { (30..<360).contains($0) }, "seed \(seed): \(gaps)")
        }
    }

    @Test func `the circuit opens after a minute, lets one ask at a time, and its pauses double`() {
        var circuit = HostCircuit("refused", now: Self.at(0))
        func admits(_ asker: UInt64, at seconds: Double) -> Bool {
            circuit.admits(asker, now: Self.at(seconds))
        }
        circuit.fail(1, "refused", asked: nil, now: Self.at(0), random: 0)
        circuit.fail(2, "refused", asked: nil, now: Self.at(59), random: 0)
        #expect(circuit.next == nil)
        #expect(admits(3, at: 59) == true)
        circuit.fail(3, "gone", asked: nil, now: Self.at(60), random: 0)
        #expect(circuit.next == Self.at(90) && circuit.since == Self.at(0) && circuit.reason == "gone")
        #expect(admits(4, at: 89) == false)
        #expect(admits(5, at: 90) == true)
        #expect(admits(6, at: 1000) == false)
        circuit.fail(5, "gone", asked: nil, now: Self.at(100), random: 0.5)
        // Half of what is between 30 and 120 seconds.
        #expect(circuit.next == Self.at(175))
        #expect(admits(7, at: 175) == true)
        circuit.leave(7)
        #expect(admits(8, at: 204) == false)
        #expect(admits(9, at: 205) == true)
        circuit.fail(9, "gone", asked: .seconds(200), now: Self.at(205), random: 0)
        #expect(circuit.next == Self.at(405))
        circuit.fail(10, "gone", asked: .seconds(86_400), now: Self.at(500), random: 0)
        #expect(circuit.next == Self.at(800))
    }

    @Test func `failures far apart do not open it, and an open one stays open`() {
        var circuit = HostCircuit("gone", now: Self.at(0))
        circuit.fail(1, "gone", asked: nil, now: Self.at(0))
        circuit.fail(2, "gone", asked: nil, now: Self.at(3600))
        #expect(circuit.next == nil && circuit.since == Self.at(3600))
        circuit.fail(3, "gone", asked: nil, now: Self.at(3700))
        #expect(circuit.next != nil)
        circuit.fail(4, "gone", asked: nil, now: Self.at(90_000))
        #expect(circuit.since == Self.at(3600) && circuit.next.map { $0 >= Self.at(90_030) } == true)
    }
}
