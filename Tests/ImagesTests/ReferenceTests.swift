internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Images

@Suite struct ReferenceTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(arguments: [
        ("redis", "docker.io/library/redis:latest"), ("redis:7", "docker.io/library/redis:7"),
        ("a/b", "docker.io/a/b:latest"), ("docker.io/redis", "docker.io/library/redis:latest"),
        ("index.docker.io/a/b", "docker.io/a/b:latest"), ("localhost/a", "localhost/a:latest"),
        ("localhost:5000/a:1", "localhost:5000/a:1"),
        ("r.test/a/b/c_d__e.f---g:V_1.0-x", "r.test/a/b/c_d__e.f---g:V_1.0-x"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"), ("Host/a", "Host/a:latest"),
        ("redis@sha256:\(hex)", "docker.io/library/redis@sha256:\(hex)"),
        ("redis:7@sha256:\(hex)", "docker.io/library/redis:7@sha256:\(hex)"),
    ])
    func `a name is brought to its normal form`(_ text: String, _ normal: String) throws {
        #expect(try Reference(text).description == normal)
        #expect(try Reference(normal) == Reference(text))
    }

    @Test(arguments: [
        "", ":", "a:", "a:b:c", "A", "a/B", "/a", "a/", "a//b", "a/../b", "a__b___c", "a..b", "-a", "a-",
        "_a", "a_",
        "a b", "a\n", "a\u{0}", "ä", "a:-x", "a:.x", "a:\(String(repeating: "x", count: 129))",
        "r.test:0x1/a",
        "r.test:65536/a", "r.test:/a", "-r.test/a", "r..test/a", "a@", "a@sha256:", "a@md5:\(hex)",
        "a@sha256:\(hex)0",
        "a@sha256:\(hex.uppercased())", "a@sha256:../../x", hex, "a@sha256:\(hex)@sha256:\(hex)",
        "https://r.test/a",
        String(repeating: "a", count: 300), "[::1/a", "[../x]/a",
    ])
    func `what is no name is refused`(_ text: String) {
        #expect(throws: ImageError.self) { try Reference(text) }
    }

    @Test func `a digest is the hash of its bytes`() throws {
        #expect(
            Digest(of: []).description
                == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        #expect(try Digest(Digest(of: [1]).description) == Digest(of: [1]))
    }
}
