// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Sinks

/// Syslog to syslog-ng, which reads it more strictly than rsyslog does.
@Suite(.timeLimit(.minutes(3))) struct SyslogNGTests {
    private final class Server {
        let folder: String
        let port: UInt16
        private let child: TestProgram

        init() throws {
            var template = Array("/tmp/martlet-syslog-ng-XXXXXX".utf8CString)
            guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
            folder = String(cString: made)
            port = try LoopbackServer.freePort()
            child = try TestProgram(
                ["Tests/SinksTests/Receivers/syslog-ng", folder, "\(port)"],
                log: "\(folder)/output",
                port: port
            )
        }

        deinit {
            child.end()
            _ = try? Shell.run("rm -rf \(folder)")
        }

        /// Waits for so many messages of one way in.
        func wait(_ way: String, for count: Int) async throws -> [[String: Any]] {
            let path = "\(folder)/\(way)"
            while true {
                if access(path, F_OK) == 0 {
                    let lines = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 28).split(
                        separator: 0x0A
                    )
                    if lines.count >= count {
                        return try lines.compactMap {
                            try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
                        }
                    }
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private static func sink(
        _ address: SinkSettings.Address,
        _ format: SinkSettings.SyslogMessage.Format
    ) -> SinkSettings.Kind {
        var syslog = SinkSettings.Syslog(address)
        syslog.message.format = format
        return .syslog(syslog)
    }

    @Test func `every line comes once and in order, with its structured data and its day`() async throws {
        let server = try Server(), writer = try SpoolWriter(), old = try SpoolWriter("old")
        let bench = try SinkBench(Self.sink(.init(.tcp, "127.0.0.1", server.port), .rfc5424))
        try writer.write(lines: 0..<Amount.lines)
        bench.ship(writer, fields: ["team": #"a"b\c]"#])
        let messages = try await server.wait("tcp", for: Amount.lines)
        #expect(messages.compactMap { $0["MESSAGE"] as? String } == (0..<Amount.lines).map { "line \($0)" })
        let data = try #require(messages.first?["_SDATA"] as? [String: [String: String]])
        #expect(data["martlet@32473"]?["app"] == "shop" && data["martlet@32473"]?["seq"] == "1")
        #expect(data["fields@32473"] == ["team": #"a"b\c]"#])
        #expect(
            messages.first?["PROGRAM"] as? String == "web" && messages.first?["HOST"] as? String == "node-7"
        )
        let local = try SinkBench(Self.sink(.init(.unix, "\(server.folder)/log"), .rfc3164))
        try old.write(lines: 0..<2_000)
        local.ship(old)
        let plain = try await server.wait("unix", for: 2_000)
        #expect(plain.compactMap { $0["MESSAGE"] as? String } == (0..<2_000).map { "line \($0)" })
    }
}
