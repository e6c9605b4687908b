// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Transfer

@Suite struct HTTPDateTests {
    @Test func `a date is one that a calendar of four digits has`() {
        #expect(HTTPDate.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds("Fri, 31 Dec 9999 23:59:59 GMT") == 253_402_300_799)
        for text in [
            "", "yesterday", "Fri, 31 Dec 2147483647 23:59:59 -1400", "Wed, 31 Dec 1969 23:59:58 GMT",
        ] {
            #expect(HTTPDate.seconds(text) == nil, "\(text)")
        }
    }
}
