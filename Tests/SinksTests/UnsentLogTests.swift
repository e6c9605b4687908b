// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@testable internal import Sinks

@Suite(.timeLimit(.minutes(5))) struct UnsentLogTests {
    @Test func `what a sink has not taken is known to the line, and nothing when it has all`() async throws {
        try #require(SinkReceiver.isThere, "install python3-msgpack")
        let receiver = try SinkReceiver("forward", starts: false)
        let bench = try ShippingBench(
            .forward(SinkSettings.Forward(.init(.tcp, "127.0.0.1", receiver.port)))
        )
        try bench.writer.write(lines: 0..<700)
        #expect(bench.unsent.isEmpty)  // nobody wants it yet
        bench.ship()
        let log = UnsentLog(path: bench.writer.path, needed: 0, passed: 0, written: 700)
        #expect(bench.unsent == [log])
        _ = try await bench.failure()
        #expect(bench.unsent == [log])
        try receiver.start()
        try await bench.wait(for: 700)
        // A batch counts as taken a moment before its place is written down.
        while !bench.unsent.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        receiver.end()
        try bench.writer.write(lines: 700..<705)
        #expect(bench.unsent.map(\.passed) == [700] && bench.unsent.map(\.written) == [705])
        #expect(bench.unsent.map(\.needed) == [701])
    }
}
