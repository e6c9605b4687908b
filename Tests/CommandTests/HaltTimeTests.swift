// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Command

/// The time that the keeper's unit gives to the end of containers.
@Suite struct HaltTimeTests {
    @Test(
        arguments: [
            ("Units/martlet-keeper.service", ""),
            ("Config/examples/systemd/martlet-keeper.service.conf", "#"),
        ]
    )
    func `whoever halts containers has ended before the unit's time is over`(
        _ file: String,
        _ mark: String
    )
        throws
    {
        let bytes = try Descriptor.open(file, O_RDONLY).readAll(limit: 65_536)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        func seconds(_ key: String) throws -> Int64 {
            let line = try #require(lines.first { $0.hasPrefix("\(mark)\(key)=") })
            let text = String(line.dropFirst(mark.count + key.count + 1))
            return try #require(TimeSpan(argument: text)).seconds
        }
        #expect(try seconds("TimeoutStopSec") - seconds("Environment=MARTLET_HALT_TIME") == 10)
    }
}
