// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Testing

@Suite struct LimitsTests {
    @Test func `limits come back as they were sent, and what is no limit is refused by name`() throws {
        var change = LimitsChange()
        #expect(change.isEmpty)
        (change.memory, change.cpuNanos, change.cpuset) = (64 << 20, 1_500_000_000, "")
        #expect(try JSONDecoder().decode(LimitsChange.self, from: JSONEncoder().encode(change)) == change)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LimitsChange.self, from: Data(#"{"memroy":1}"#.utf8))
        }
        #expect(error.map { "\($0)" }?.contains("memroy") == true)
    }
}
