// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Logs
@testable internal import Sinks

@Suite(.timeLimit(.minutes(3))) struct GELFTests {
    private static func text(_ messages: Messages, _ index: Int) -> String {
        String(decoding: messages.bytes[messages[index]], as: UTF8.self)
    }

    @Test func `a message is an object of GELF 1_1`() {
        let line = LogLine(
            time: 1_795_953_600_123_456_789,
            sequence: 7,
            stream: .stderr,
            partial: true,
            bytes: [0x61, 0, 0xFF]
        )
        let blank = LogLine(time: 1, sequence: 8, stream: .stdout, partial: false, bytes: [0x20])
        let gap = LogGap(next: 9, lost: PerStream(stdout: LineCount(lines: 1, bytes: 3), stderr: LineCount()))
        var origin = SpoolWriter.origin()
        origin.fields = ["te am": "x"]
        let batch = LogBatch([.init(origin, [.line(line), .line(blank), .gap(gap)])])
        let messages = GELFEncoder(end: []).encode(batch)
        let rest =
            #""host":"node-7","_app":"shop","_service":"web","_instance":"0","_container":"0123456789abcdef","#
            + #""_image":"docker.io/library/web:1.4","_digest":"sha256:00","_field_te_am":"x""#
        #expect(
            Self.text(messages, 0)
                == #"{"version":"1.1","timestamp":1795953600.123456789,"level":3,"_stream":"stderr","#
                + #""_seq":7,"_partial":"true",\#(rest),"short_message":"a\u0000\#u{FFFD}"}"#
        )
        #expect(Self.text(messages, 1).hasSuffix(#","short_message":"-","full_message":" "}"#))
        #expect(Self.text(messages, 2).contains(#""level":4,"_stream":"martlet","_seq":9,"_lost_lines":1,"#))
        #expect(GELFEncoder(end: [0]).encode(batch).bytes.filter { $0 == 0 }.count == 3)
    }

    @Test func `a message that does not fit goes in chunks, at most 128`() throws {
        func chunks(_ count: Int, size: Int) throws -> (datagrams: [[UInt8]], isWhole: Bool) {
            var datagrams: [[UInt8]] = []
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let result: Result<Bool, SinkError> = message.withUnsafeBytes { bytes in
                Result { () throws(SinkError) in
                    try GELFChunks.each(of: bytes, size: size, id: 0x0807_0605_0403_0201) {
                        datagrams.append(Array($0))
                        return true
                    }
                }
            }
            return (datagrams, try result.get())
        }
        #expect(try chunks(15, size: 15).datagrams == [(0..<15).map { UInt8($0) }])
        #expect(
            try chunks(16, size: 20).datagrams == [(0..<16).map { UInt8($0) }]
        )
        let head: [UInt8] = [0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(
            try chunks(21, size: 20).datagrams == [
                head + [0, 3] + (0..<8).map { UInt8($0) }, head + [1, 3] + (8..<16).map { UInt8($0) },
                head + [2, 3] + (16..<21).map { UInt8($0) },
            ]
        )
        #expect(try chunks(128 * 8, size: 20).datagrams.count == 128)
        let tooLong = try chunks(128 * 8 + 1, size: 20)
        #expect(tooLong.datagrams.isEmpty && !tooLong.isWhole)
    }

    @Test(arguments: ["udp", "tcp", "tls", "http"]) func `every line arrives`(_ way: String) async throws {
        let receiver = try HTTPReceiver.gelf(way)
        var gelf: SinkSettings.GELF
        if let kind = SinkSettings.Address.Way(rawValue: way) {
            gelf = .init(.init(kind, "127.0.0.1", receiver.port))
            if kind == .tls { gelf.endpoint.tls.authorities = .path("\(receiver.folder)/ca/ca.pem") }
        } else {
            gelf = .init(SinkSettings.Endpoint(url: "http://127.0.0.1:\(receiver.port)/gelf"))
        }
        let bench = try SinkBench(.gelf(gelf)), writer = try SpoolWriter()
        // What the network drops is lost: no more than the socket has room for.
        let count = way == "tcp" ? 5_000 : 200
        let noise = try Shell.run("head -c 150000 /dev/urandom | base64 -w 0")
        try writer.write(noise + "\n")
        try writer.write(lines: 1..<count)
        bench.ship(writer)
        try await bench.wait(for: UInt64(count))
        while try receiver.lines().count < count { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try receiver.lines() == [noise] + (1..<count).map { "line \($0)" })
        #expect(bench.status.droppedAsRejected == 0)
    }

    @Test
    func `a receiver on TCP that is killed gets everything when it is back, but for what its kernel had`()
        async throws
    {
        let receiver = try HTTPReceiver.gelf("tcp")
        let bench = try SinkBench(.gelf(.init(.init(.tcp, "127.0.0.1", receiver.port))))
        let writer = try SpoolWriter()
        bench.ship(writer)
        try writer.write(lines: 0..<1_000)
        try await bench.wait(for: 1_000)
        while try receiver.lines().count < 1_000 { try await Task.sleep(for: .milliseconds(20)) }
        receiver.end()
        try writer.write(lines: 1_000..<5_000)
        _ = try await bench.waitForFailure()
        try receiver.start()
        try await bench.wait(for: 5_000)
        while try receiver.lines().last != "line 4999" { try await Task.sleep(for: .milliseconds(20)) }
        var seen = Set<String>()
        #expect(try receiver.lines().filter { seen.insert($0).inserted } == (0..<5_000).map { "line \($0)" })
    }
}
