// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@testable internal import ControlAPI

@Suite struct TokenFileTests {
    @Test func `a file comes back as it was written, and holds no token`() throws {
        var file = TokenFile()
        let one = try file.add("ci", role: .deploy, expires: "2027-01-31T08:00:00Z")
        let other = try file.add("watch", role: .read, expires: nil)
        #expect(one != other)
        // 256 bits in base64 without padding, behind the prefix.
        #expect(one.hasPrefix("martlet_") && one.utf8.count == 8 + 43)
        #expect(!file.content.contains(one) && !file.content.contains(one.dropFirst(8)))
        #expect(try TokenFile(Array("# ours\n\n\(file.content)".utf8)) == file)
        #expect(file.remove("ci") && !file.remove("ci"))
        #expect(file.tokens.map(\.name) == ["watch"])
    }

    @Test(arguments: [
        "ci", "ci deploy never", "ci root never sha256:\(String(repeating: "0", count: 64))",
        "ci deploy soon sha256:\(String(repeating: "0", count: 64))",
        "ci deploy never sha256:\(String(repeating: "0", count: 62))",
        "ci deploy never sha256:\(String(repeating: "x", count: 64))",
        "c/i deploy never sha256:\(String(repeating: "0", count: 64))",
        "a read never sha256:\(String(repeating: "0", count: 64))\nb read never sha256:\(String(repeating: "0", count: 64))",
    ])
    func `a line that is none makes the file nobody's`(_ text: String) {
        #expect(throws: TokenFile.Fault.self) { try TokenFile(Array(text.utf8)) }
    }

    @Test func `the end of a token is a second since 1970`() throws {
        var file = TokenFile()
        _ = try file.add("ci", role: .deploy, expires: "2027-02-01T00:00:00Z")
        _ = try file.add("leap", role: .read, expires: "2028-02-29T23:59:59Z")
        _ = try file.add("ever", role: .read, expires: nil)
        #expect(file.tokens.map(\.end) == [1_801_440_000, 1_835_481_599, nil])
    }
}
