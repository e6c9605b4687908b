// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Systemd
internal import Testing

@testable internal import Agent

/// What a service manager hears of an agent.
@Suite(.timeLimit(.minutes(3))) struct UnitReportTests {
    private let name = "martlet-report-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    /// What is heard, a message an item, of an agent that is watched or not.
    private func heard(_ patience: Duration?, _ say: (UnitReport) -> Void) throws -> [String] {
        let socket = try Descriptor.bind(abstract: name, kind: Int32(SOCK_DGRAM.rawValue))
        say(UnitReport(try ServiceManager(socket: "@\(name)", patience: patience)))
        var messages: [String] = []
        while socket.wait(for: Int32(POLLIN), .zero) {
            messages.append(String(decoding: try socket.read(4096), as: UTF8.self))
        }
        return messages
    }

    @Test func `who goes on as another program has more time until that serves, and no longer`() throws {
        let messages = try heard(.seconds(60)) { report in
            report.goesOn(within: .seconds(90))
            report.beat("1 app")
            report.serves()
            report.beat("1 app")
        }
        #expect(
            messages == [
                "STATUS=goes on as another release\nWATCHDOG_USEC=150000000\nWATCHDOG=1",
                "STATUS=1 app\nWATCHDOG=1", "READY=1\nWATCHDOG_USEC=60000000", "WATCHDOG=1",
            ]
        )
    }

    @Test func `who is not watched asks for no time`() throws {
        let messages = try heard(nil) { report in
            report.goesOn(within: .seconds(90))
            report.serves()
        }
        #expect(messages == ["STATUS=goes on as another release", "READY=1"])
    }
}
