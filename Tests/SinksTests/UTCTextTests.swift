// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Sinks

@Suite struct UTCTextTests {
    @Test func `a time is cut off at its digits`() {
        var bytes: [UInt8] = []
        var milliseconds = UTCText(digits: 3), nanoseconds = UTCText(digits: 9)
        for time: UInt64 in [
            0, 1_795_955_696_789_654_321, 1_795_955_696_001_000_000, 951_782_400_000_000_000,
        ] {
            milliseconds.append(time, to: &bytes)
            bytes.append(UInt8(ascii: " "))
            nanoseconds.append(time, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                1970-01-01T00:00:00.000Z 1970-01-01T00:00:00.000000000Z
                2026-11-29T12:34:56.789Z 2026-11-29T12:34:56.789654321Z
                2026-11-29T12:34:56.001Z 2026-11-29T12:34:56.001000000Z
                2000-02-29T00:00:00.000Z 2000-02-29T00:00:00.000000000Z

                """
        )
    }
}
