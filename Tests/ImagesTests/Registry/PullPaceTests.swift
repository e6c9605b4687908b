// SPDX-License-Identifier: Apache-2.0
internal import Images
internal import Testing

@Suite struct PullPaceTests {
    @Test func `how far a layer is is told once in an interval, all else always`() {
        var pace = PullPace(.milliseconds(250))
        let start = ContinuousClock.now
        let layers = ["a", "b"].map { Digest(of: Array($0.utf8)) }
        var told: [Int] = []
        for step in 0..<100 {
            let now = start + .milliseconds(10 * step)
            for layer in layers where pace.admits(PullEvent(.transferring, "", digest: layer), at: now) {
                told.append(step)
            }
        }
        #expect(told == [0, 0, 25, 25, 50, 50, 75, 75])
        for kind in [PullEvent.Kind.resolved, .present, .verified, .unpacking, .retrying, .done] {
            let isTold = pace.admits(PullEvent(kind, "", digest: layers[0]), at: start)
            #expect(isTold)
        }
    }
}
