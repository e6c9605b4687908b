// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import LogSimulator
internal import Testing

@Suite struct LineSimulationTests {
    private static let count: UInt64 =
        ProcessInfo.processInfo.environment["MARTLET_SOAK"] == "1" ? 500_000 : 200

    /// Without atomic creation: what was acknowledged is there for good, and what is beside the rest is told.
    ///
    /// If the store shows all that it has before a claim is settled, nothing is beside the rest.
    @Test(arguments: [true, false]) func `two owners side by side lose nothing`(isPrompt: Bool) {
        var total = LineSimulation.Outcome()
        for seed in 0..<Self.count {
            let outcome = LineSimulation.run(seed: seed, isPrompt: isPrompt)
            if let violation = outcome.violation { Issue.record("\(violation)") }
            total.committed += outcome.committed
            total.acquired += outcome.acquired
            total.held += outcome.held
            total.forked += outcome.forked
            total.unsettled += outcome.unsettled
            total.forks += outcome.forks
        }
        #expect(total.committed > 100 && total.acquired > 100 && total.held > 30, "\(total)")
        #expect(total.forked > 30 && total.unsettled > 30, "\(total)")
        // The weaker store is one: its forks do happen.
        #expect(isPrompt ? total.forks == 0 : total.forks > 3, "\(total)")
    }

    @Test(arguments: LineSimulation.Mistake.allCases)
    func `the oracle notices a mistake`(mistake: LineSimulation.Mistake) {
        let found = (0..<3_000 as Range<UInt64>).lazy.compactMap {
            LineSimulation.run(seed: $0, isPrompt: true, mistake: mistake).violation
        }.first
        #expect(found != nil)
    }
}
