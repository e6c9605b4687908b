// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import Testing

@testable internal import ControlAPI

/// Who keeps a place, and who gives it up.
@Suite struct ConnectionsTests {
    private final class Bench: Sendable {
        let connections = Connections(limit: 4)
        private let ended = Mutex<[String]>([])

        /// Who was closed, in order.
        var closed: [String] { ended.withLock(\.self) }

        func note(_ word: String) { ended.withLock { $0.append(word) } }

        func open(_ name: String, isOurs: Bool = false) -> Int {
            connections.open(isOurs: isOurs) { self.note(name) }
        }
    }

    @Test func `a new one takes the place of the one that is idle for longest, and of none that is not`() {
        let bench = Bench()
        let numbers = (1...4).map { bench.open("\($0)") }
        bench.connections.set(numbers[0], isIdle: false)
        bench.connections.set(numbers[0], isIdle: true)
        bench.connections.set(numbers[1], isIdle: false)
        _ = bench.open("5")
        #expect(bench.closed == ["3"])
        bench.connections.set(numbers[0], isIdle: false)
        bench.connections.set(numbers[3], isIdle: false)
        _ = bench.open("6")
        #expect(bench.closed == ["3", "5"])
    }

    @Test func `an end waits for those who have no answer yet, and for nobody else`() async {
        let bench = Bench()
        let asked = bench.open("asked"), fresh = bench.open("fresh", isOurs: true)
        let streams = bench.open("streams"), idle = bench.open("idle"), gone = bench.open("gone")
        for number in [asked, streams, idle, gone] { bench.connections.set(number, isIdle: false) }
        bench.connections.streams(streams)
        bench.connections.set(idle, isIdle: true)
        bench.connections.close(gone)
        bench.connections.set(gone, isIdle: false)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await bench.connections.settle(within: .seconds(60))
                bench.note("settled")
            }
            bench.connections.set(asked, isIdle: true)
            try? await Task.sleep(for: .milliseconds(50))
            #expect(bench.closed.isEmpty)
            bench.connections.close(fresh)
            await group.waitForAll()
            #expect(bench.closed == ["settled"])
        }
    }

    @Test func `who has the node is not kept out, and gives way to nobody else`() {
        let bench = Bench()
        let own = (1...4).map { bench.open("own \($0)", isOurs: true) }
        let others = (1...4).map { bench.open("other \($0)") }
        for number in others { bench.connections.set(number, isIdle: false) }
        // Others that are busy leave no place for one of them, and take none of ours.
        _ = bench.open("other 5")
        #expect(bench.closed == ["other 5"])
        for number in own { bench.connections.set(number, isIdle: false) }
        _ = bench.open("own 5", isOurs: true)
        #expect(bench.closed == ["other 5"])
        // Ours give way to ours.
        bench.connections.set(own[2], isIdle: true)
        bench.connections.set(own[1], isIdle: true)
        _ = bench.open("own 6", isOurs: true)
        #expect(bench.closed == ["other 5", "own 5"])
    }
}
