internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Logs

@Suite struct DeficitRoundRobinTests {
    @Test func `noisy members share, and a quiet one waits at most one round`() {
        var turns = DeficitRoundRobin<String>(quantum: 100)
        var bytes: [String: Int] = [:]
        turns.activate("noisy")
        turns.activate("huge")
        var waited = 0, longest = 0
        for step in 0..<10_000 {
            if step % 50 == 0 { turns.activate("quiet") }
            guard let member = turns.next() else { break }
            let size = member == "huge" ? 250 : member == "noisy" ? 30 : 1
            bytes[member, default: 0] += size
            turns.charge(member, size)
            waited += 1
            if member == "quiet" {
                longest = max(longest, waited)
                turns.deactivate("quiet")
            }
            if step % 50 == 49 { waited = 0 }
        }
        let noisy = bytes["noisy"] ?? 0, huge = bytes["huge"] ?? 0
        #expect(abs(noisy - huge) < noisy / 20)
        #expect(bytes["quiet"] == 200)
        #expect(longest <= 12)
    }

    @Test func `nobody's turn when nobody has anything`() {
        var turns = DeficitRoundRobin<Int>(quantum: 1)
        #expect(turns.next() == nil && turns.isEmpty)
        for round in 0..<500 {
            turns.activate(round % 3)
            turns.activate(round % 3)
            #expect(turns.next() == round % 3)
            turns.deactivate(round % 3)
            #expect(turns.next() == nil && turns.isEmpty)
        }
    }
}
