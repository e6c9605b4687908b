// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import LogSimulator
internal import Testing

@Suite struct LogSimulationTests {
    /// No acknowledged commit is lost and no two writers are acknowledged at one place, whatever a network does.
    @Test func `a log has one writer and loses nothing`() {
        let isSoak = ProcessInfo.processInfo.environment["MARTLET_SOAK"] == "1"
        var total = LogSimulation.Outcome()
        for seed in 0..<UInt64(isSoak ? 1_000_000 : 1_000) {
            let outcome = LogSimulation.run(seed: seed)
            if let violation = outcome.violation { Issue.record("\(violation)") }
            total.committed += outcome.committed
            total.acquired += outcome.acquired
            total.fenced += outcome.fenced
            total.held += outcome.held
            total.unsettled += outcome.unsettled
            total.retried += outcome.retried
        }
        // Each way that a schedule can go was gone.
        #expect(total.committed > 500 && total.acquired > 500 && total.fenced > 30, "\(total)")
        #expect(total.held > 30 && total.unsettled > 30 && total.retried > 30, "\(total)")
    }

    @Test(arguments: LogSimulation.Mistake.allCases)
    func `the oracle notices a mistake`(mistake: LogSimulation.Mistake) {
        let found = (0..<1_000 as Range<UInt64>).lazy.compactMap {
            LogSimulation.run(seed: $0, mistake: mistake).violation
        }.first
        #expect(found != nil)
    }

    @Test func `a seed gives one schedule`() {
        for seed in 0..<50 as Range<UInt64> {
            #expect(LogSimulation.run(seed: seed) == LogSimulation.run(seed: seed))
        }
    }
}
